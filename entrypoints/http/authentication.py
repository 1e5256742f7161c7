"""Authentication: no request reaches a route without a valid session, unless the route is public."""

import logging
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import override

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from domain.errors import UnauthenticatedError
from domain.principal import Principal
from entrypoints.http.credentials import read_credential
from entrypoints.http.origins import require_trusted_origin
from entrypoints.http.route_options import PUBLIC
from entrypoints.http.tally import Tally

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationPolicy:
    """What a deployment accepts.

    ``cookie_name`` is the only name of the session cookie; None accepts no cookies. ``trusted_origins`` are the origins
    whose pages may write with it.
    """

    cookie_name: str | None = None
    trusted_origins: AbstractSet[str] = frozenset()


class Authentication(ASGIMiddleware):
    """Authenticates requests to every route that is not ``PUBLIC``; the principal becomes the scope's ``user``."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = PUBLIC

    def __init__(self, policy: AuthenticationPolicy) -> None:
        self._policy = policy
        self._refusals = Tally(_log, "Refused")

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        app: Litestar = scope["litestar_app"]
        headers = scope["headers"]
        try:
            sent = read_credential(headers, self._policy.cookie_name)
            principal: Principal = await app.state.application.authenticate(sent.credential)
        except UnauthenticatedError as error:
            self._refusals.count(error.failure)
            raise
        if sent.is_cookie:
            require_trusted_origin(str(scope.get("method")), headers, self._policy.trusted_origins)
        if principal.impersonated_by:
            _log.info("%s acts as %s: %s", principal.impersonated_by, principal.owner_id, scope["path_template"])
        scope["user"] = principal
        scope["auth"] = None
        await next_app(scope, receive, send)
