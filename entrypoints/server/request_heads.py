"""Request heads: the request line and the headers, checked where the parser takes more than HTTP allows."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from entrypoints.server.limits import Limits

type Fields = Sequence[tuple[bytes, bytes]]
"""Names and values of headers, or of trailers; names are in lower case."""

_SLASH: Final = ord("/")
_ABSOLUTE: Final = re.compile(rb"(?i:https?)://[^/?#@]+/[^#]*|\*")
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_FEWEST_HOSTS: Final = {"1.0": 0, "1.1": 1}


def check_head(target: bytes, version: str, headers: list[tuple[bytes, bytes]], limits: Limits) -> HTTPStatus | None:
    """The status to refuse the request with, or None if its head is well formed and within the limits.

    Blanks after the host are taken off in ``headers``: they are no part of it (RFC 9112, section 5.1), but Litestar
    refuses them.
    """
    path, _, query = target.partition(b"?")
    is_long = len(path) > limits.path_bytes or len(query) > limits.query_bytes
    if is_long or query.count(b"&") >= limits.query_fields:
        return HTTPStatus.REQUEST_URI_TOO_LONG
    size, hosts = 0, []
    for name, value in headers:
        size += len(name) + len(value) + 4
        if name == b"host":
            hosts.append(value)
    if size > limits.head_bytes or len(headers) > limits.head_fields:
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    stripped = [host.rstrip(b" \t") for host in hosts]
    if not _is_well_formed(target, version, stripped):
        return HTTPStatus.BAD_REQUEST
    if stripped != hosts:  # there is one
        headers[headers.index((b"host", hosts[0]))] = (b"host", stripped[0])
    return None


def trailers_fit(trailers: Fields, limits: Limits) -> bool:
    """Whether the trailers of a chunked body are no more than the headers of a request may be."""
    size = sum(len(name) + len(value) + 4 for name, value in trailers)
    return size <= limits.head_bytes and len(trailers) <= limits.head_fields


def _is_well_formed(target: bytes, version: str, hosts: Sequence[bytes]) -> bool:
    """Whether this is HTTP/1.0 or 1.1, asks for a path or ``*``, and names its host once (RFC 9112, section 3).

    HTTP/1.0 may leave the host out. Which host it is does not matter here, nor whether the target repeats it.
    """
    fewest = _FEWEST_HOSTS.get(version, 2)
    if not fewest <= len(hosts) <= 1:
        return False
    if (target[0] != _SLASH or b"#" in target) and _ABSOLUTE.fullmatch(target) is None:
        return False
    return not hosts or _HOST.fullmatch(hosts[0]) is not None
