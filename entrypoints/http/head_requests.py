"""HEAD: it is answered wherever there is GET."""

from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

IS_HEAD: Final = "is_head"
"""The key in the scope's state of a request whose response needs no body."""


class HeadAsGet:
    """Routes HEAD as GET, so that every path with the one has the other (RFC 9110, section 9.1).

    The server leaves out the body of whatever answers HEAD: it goes by the method that was sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == ScopeType.HTTP and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", "state": {**scope["state"], IS_HEAD: True}}
        await self._app(scope, receive, send)
