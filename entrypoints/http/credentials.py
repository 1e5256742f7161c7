"""The credential of a request, read from its raw headers.

A framework decodes cookies, takes the last of several, and caches whole headers. Authentication must not depend on it.
"""

from collections.abc import Iterable, Iterator

from domain.credential import Credential, CredentialKind
from domain.errors import Refusal, UnauthenticatedError

type RawHeaders = Iterable[tuple[bytes, bytes]]


def read_credential(headers: RawHeaders, cookie_name: str | None) -> Credential:
    """The bearer token, which decides alone if there is one, else the session cookie (None: cookies are off).

    Raises UnauthenticatedError: there is none, or there are several of the same kind.
    """
    token = _bearer_token(headers)
    if token:
        return Credential(kind=CredentialKind.BEARER, value=token)
    if cookie_name is None:
        raise UnauthenticatedError(Refusal.ABSENT)
    return Credential(kind=CredentialKind.COOKIE, value=_session_cookie(headers, cookie_name))


def values_of(headers: RawHeaders, name: bytes) -> list[str]:
    """Every value of a header, in the order of the request; ``name`` is in lower case."""
    return [value.decode("latin-1") for key, value in headers if key == name]


def _bearer_token(headers: RawHeaders) -> str:
    """The token of ``Authorization: Bearer`` (RFC 6750, section 2.1); empty without one. Other schemes are ignored."""
    values = values_of(headers, b"authorization")
    if len(values) > 1:
        raise UnauthenticatedError(Refusal.AMBIGUOUS)
    scheme, _, token = values[0].partition(" ") if values else ("", "", "")
    return token.strip(" \t") if scheme.lower() == "bearer" else ""


def _session_cookie(headers: RawHeaders, cookie_name: str) -> str:
    """The cookie's value as it was sent, without double quotes around it (RFC 6265, section 4.1.1)."""
    cookies = list(_cookies(headers))
    values = [value for name, value in cookies if name == cookie_name]
    if len(values) > 1:
        raise UnauthenticatedError(Refusal.AMBIGUOUS)
    if not values or not values[0]:
        has_another = any(name.endswith("session_token") for name, _ in cookies)
        raise UnauthenticatedError(Refusal.OTHER_COOKIE if has_another else Refusal.ABSENT)
    value = values[0]
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _cookies(headers: RawHeaders) -> Iterator[tuple[str, str]]:
    for line in values_of(headers, b"cookie"):
        for pair in line.split(";"):
            name, equals, value = pair.partition("=")
            if equals:
                yield name.strip(" \t"), value.strip(" \t")
