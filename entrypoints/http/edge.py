"""The edge: what every response has, also one that no route makes."""

import re
import secrets
from itertools import count
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints.http.error_forms import ErrorForms
from entrypoints.http.exchange import Exchange

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9_-]{1,128}")
_PROCESS: Final = secrets.token_hex(8).encode()
_numbers: Final = count(1)

SECURITY_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_SECURITY_NAMES: Final = frozenset(name for name, _ in SECURITY_HEADERS)


class Edge:
    """Adds the request's id to every response (the client's own, if well formed), and the security headers; logs it.

    The state's ``send_body`` sends the parts of a body that is long on the way straight to the server: whatever changes
    a response changes its beginning. By ``error_forms`` the server writes what it refuses in place of the application.
    """

    def __init__(self, app: ASGIApp, error_forms: ErrorForms) -> None:
        self._app = app
        self.error_forms = error_forms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete its response."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        state = {**scope.get("state", {}), "request_id": request_id.decode(), "send_body": send}
        scope["state"] = state
        exchange = Exchange(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.begin_response(message["status"])
                headers = list(message["headers"])
                given = {name for name, _ in headers}
                if given.isdisjoint(_SECURITY_NAMES):
                    headers += SECURITY_HEADERS
                else:
                    headers += [header for header in SECURITY_HEADERS if header[0] not in given]
                message["headers"] = [*headers, (b"x-request-id", request_id)]
                await send(message)
            else:
                await send(message)
                exchange.is_complete = not message.get("more_body")

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            del state["send_body"]  # which knows the scope, and so would keep it until the collector of cycles comes
            exchange.end()


def new_request_id() -> bytes:
    """An id that no other request has, in letters, digits and a hyphen."""
    return b"%s-%x" % (_PROCESS, next(_numbers))


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value
    return new_request_id()
