"""HEAD: it is answered wherever there is GET."""

from http import HTTPStatus
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

IS_HEAD: Final = "is_head"
"""The key in the scope's state of a request whose response needs no body."""
_FOUND: Final = ("path_template", "user")
"""What is found out of a request on its way, for the log."""
_WITH_ALLOW: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.METHOD_NOT_ALLOWED})
"""The statuses of responses that list the methods of their path: to OPTIONS, and to a method that it does not have."""


class HeadAsGet:
    """Routes HEAD as GET, so that every path with the one has the other (RFC 9110, section 9.1), and says so.

    The server leaves out the body of whatever answers HEAD: it goes by the method that was sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        routed = scope
        if scope["method"] == "HEAD":
            routed = {**scope, "method": "GET", "state": {**scope["state"], IS_HEAD: True}}

        async def send_allowing_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                if routed is not scope:
                    scope.update({name: routed[name] for name in _FOUND if name in routed})  # type: ignore[typeddict-item]
                if message["status"] in _WITH_ALLOW:
                    message["headers"] = [(name, _with_head(name, value)) for name, value in message["headers"]]
            await send(message)

        await self._app(routed, receive, send_allowing_head)


def _with_head(name: bytes, value: bytes) -> bytes:
    return value + b", HEAD" if name == b"allow" and b"GET" in value else value
