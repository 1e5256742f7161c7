"""The credential of a request, read from its raw headers.

A framework decodes cookies, takes the last of several, and caches whole headers. Authentication must not depend on it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.credential import Credential
from domain.errors import UnauthenticatedError

type RawHeaders = Iterable[tuple[bytes, bytes]]


class ReadingFailure(StrEnum):
    """Why a request has no credential that could be verified: for logs and counters, never for the caller."""

    ABSENT = "absent"
    OTHER_COOKIE = "cookie_of_another_name"
    AMBIGUOUS = "several_credentials"
    UNKNOWN_AGENT_KEY = "unknown_agent_key"
    OWNER_WITHOUT_AGENT_KEY = "owner_without_agent_key"
    COOKIE_BESIDE_AGENT_KEY = "cookie_beside_agent_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCredential:
    """A credential, and how it came: a bearer is sent on purpose, a cookie by the browser whoever asks it to."""

    credential: Credential
    is_cookie: bool


def read_credential(headers: RawHeaders, cookie_name: str | None) -> SentCredential:
    """The bearer token, which decides alone if there is one, else the session cookie (None: cookies are off).

    Raises UnauthenticatedError: there is none, or there are several of the same kind.
    """
    token = _bearer_token(headers)
    if token:
        return SentCredential(credential=Credential(value=token, must_be_signed=False), is_cookie=False)
    if cookie_name is None:
        raise UnauthenticatedError(ReadingFailure.ABSENT)
    cookie = _session_cookie(headers, cookie_name)
    return SentCredential(credential=Credential(value=cookie, must_be_signed=True), is_cookie=True)


def values_of(headers: RawHeaders, name: bytes) -> list[str]:
    """Every value of a header, in the order of the request; ``name`` is in lower case."""
    return [value.decode("latin-1") for key, value in headers if key == name]


def _bearer_token(headers: RawHeaders) -> str:
    """The token of ``Authorization: Bearer`` (RFC 6750, section 2.1); empty without one. Other schemes are ignored."""
    values = values_of(headers, b"authorization")
    if len(values) > 1:
        raise UnauthenticatedError(ReadingFailure.AMBIGUOUS)
    scheme, _, token = values[0].partition(" ") if values else ("", "", "")
    return token.strip(" \t") if scheme.lower() == "bearer" else ""


def _session_cookie(headers: RawHeaders, cookie_name: str) -> str:
    """The cookie's value as it was sent, without double quotes around it (RFC 6265, section 4.1.1)."""
    cookies = list(_cookies(headers))
    values = [value for name, value in cookies if name == cookie_name]
    if len(values) > 1:
        raise UnauthenticatedError(ReadingFailure.AMBIGUOUS)
    if not values or not values[0]:
        has_another = any(name.endswith("session_token") for name, _ in cookies)
        raise UnauthenticatedError(ReadingFailure.OTHER_COOKIE if has_another else ReadingFailure.ABSENT)
    value = values[0]
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _cookies(headers: RawHeaders) -> Iterator[tuple[str, str]]:
    for line in values_of(headers, b"cookie"):
        for pair in line.split(";"):
            name, equals, value = pair.partition("=")
            if equals:
                yield name.strip(" \t"), value.strip(" \t")
