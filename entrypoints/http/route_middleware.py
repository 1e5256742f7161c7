"""Middleware of routes."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable
from typing import ClassVar

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send


class RouteMiddleware(ABC):
    """Handles the HTTP requests of all routes that lack the option ``unless``.

    Litestar's ASGIMiddleware does so too, but asks for paths and scopes as well, which costs a request a hundredth.
    """

    unless: ClassVar[str]

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """The application behind this."""
        handle, unless = self.handle, self.unless

        def middleware(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
            if scope["type"] != ScopeType.HTTP or scope["route_handler"].opt.get(unless):
                return app(scope, receive, send)
            return handle(scope, receive, send, app)

        return middleware

    @abstractmethod
    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on to ``next_app``, or refuse it by raising."""
