"""Authentication: no request reaches a route without a valid session, unless the route is public."""

import logging
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Final, override

from litestar import Litestar
from litestar.types import ASGIApp, Receive, Scope, Send

from application.facade import Application
from domain.errors import UnauthenticatedError
from domain.principal import Principal
from entrypoints.http.agent_keys import AgentKeys, SentAgent, read_agent
from entrypoints.http.credentials import ReadingFailure, read_credential
from entrypoints.http.errors import RequestError
from entrypoints.http.origins import SAFE_METHODS, require_trusted_origin
from entrypoints.http.route_middleware import RouteMiddleware
from entrypoints.http.route_options import PUBLIC
from entrypoints.http.tally import Tally
from entrypoints.metrics.catalogue import REFUSED_CREDENTIALS

_log = logging.getLogger(__name__)

_HARMLESS_PATH: Final = re.compile(r"[A-Za-z0-9/_-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationPolicy:
    """What a deployment accepts.

    ``cookie_name`` is the only name of the session cookie; None accepts no cookies. ``trusted_origins`` are the origins
    whose pages may write with it. ``agent_keys`` are those of agent runtimes.
    """

    cookie_name: str | None = None
    trusted_origins: AbstractSet[str] = frozenset()
    agent_keys: AgentKeys = field(default_factory=AgentKeys)


class Authentication(RouteMiddleware):
    """Authenticates requests to every route that is not ``PUBLIC``; the principal becomes the scope's ``user``.

    The scope's ``auth`` authenticates the request anew, for a response that lasts longer than a session may.
    """

    unless = PUBLIC

    def __init__(self, policy: AuthenticationPolicy) -> None:
        self._policy = policy
        self._refusals = Tally(_log, "Refused")

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        app: Litestar = scope["litestar_app"]
        application: Application = app.state.application
        try:
            principal = await self._authenticate(application, scope)
        except UnauthenticatedError as error:
            self._refusals.count(error.failure)
            REFUSED_CREDENTIALS.count(error.failure.value)
            raise
        if principal.impersonated_by:
            _log.info("%s acts as %s: %s", principal.impersonated_by, principal.owner_id, scope["path_template"])
        scope["user"] = principal
        scope["auth"] = partial(self._authenticate, application, scope, is_repeated=True)
        try:
            await next_app(scope, receive, send)
        finally:
            scope["auth"] = None  # which else keeps the scope, until the collector of cycles comes

    async def _authenticate(self, application: Application, scope: Scope, *, is_repeated: bool = False) -> Principal:
        method, headers, policy = str(scope.get("method")), scope["headers"], self._policy
        agent = read_agent(headers, policy.agent_keys, policy.cookie_name)
        if agent is not None:
            principal = await _authenticate_agent(application, agent)
            if method not in SAFE_METHODS and not is_repeated:
                place, request_id = _place_of(scope), scope["state"].get("request_id")
                owner_id = principal.owner_id
                _log.info("Agent key %d acts for %s: %s %s [%s]", agent.key_number, owner_id, method, place, request_id)
            return principal
        sent = read_credential(headers, policy.cookie_name)
        principal = await application.authenticate(sent.credential)
        if sent.is_cookie:
            require_trusted_origin(method, headers, policy.trusted_origins)
        return principal


async def _authenticate_agent(application: Application, agent: SentAgent) -> Principal:
    if agent.credential is not None:
        session = await application.authenticate(agent.credential)
        if agent.owner_id not in {None, session.owner_id}:
            raise RequestError(HTTPStatus.FORBIDDEN, "owner_mismatch", "The session is not the named owner's.")
        return session.through_agent()
    if agent.owner_id is None:
        raise UnauthenticatedError(ReadingFailure.ABSENT)
    return await application.authenticate_agent(agent.owner_id)


def _place_of(scope: Scope) -> str:
    """Where a request writes to, with the ids if its path is one of harmless characters."""
    return scope["path"] if _HARMLESS_PATH.fullmatch(scope["path"]) else scope["path_template"]
