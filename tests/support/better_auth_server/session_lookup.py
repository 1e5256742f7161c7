"""Asks better-auth whose session a request is, sending header bytes that a well-behaved client would refuse to send."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

from tests.support.raw_http import Header

# Node's HTTP parser refuses such headers before better-auth sees them: no session either.
_REFUSED_BY_PARSER: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE}


def ask_for_session(address: str, headers: Sequence[Header], *, refresh: bool, timeout: float) -> dict[str, Any] | None:
    """GET /get-session with exactly these headers, Host apart: `{"session": …, "user": …}`, or None for no session.

    With `refresh` the server may extend the session, as it does for a browser. An expired session it deletes anyway.
    Not httpx: that strips, checks and completes headers.
    """
    connection = HTTPConnection(urlsplit(address).netloc, timeout=timeout)
    try:
        path = "/api/auth/get-session" if refresh else "/api/auth/get-session?disableRefresh=true"
        connection.putrequest("GET", path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status in _REFUSED_BY_PARSER:
        return None
    if response.status != HTTPStatus.OK:
        message = f"get-session answered {response.status}: {body!r}"
        raise RuntimeError(message)
    session: dict[str, Any] | None = json.loads(body)
    return session
