"""Authentication: nobody passes into the API without a proven session."""

from typing import override

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from domain.errors import UnauthenticatedError


class Authentication(ASGIMiddleware):
    """Stands before every route of the router that it is put on; what it lets in carries its principal."""

    scopes = (ScopeType.HTTP,)

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        app: Litestar = scope["litestar_app"]
        scope["user"] = await app.state.application.authenticate(_bearer_token(scope))
        scope["auth"] = None
        await next_app(scope, receive, send)


def _bearer_token(scope: Scope) -> str:
    """The token of the one Authorization header (RFC 6750, section 2.1). Raises UnauthenticatedError."""
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(values) != 1:
        raise UnauthenticatedError
    scheme, _, token = values[0].decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise UnauthenticatedError
    return token.strip()
