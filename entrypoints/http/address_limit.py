"""The limit of an address: how many requests it may send, before anybody asks who sends them."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from entrypoints.http.agent_keys import AgentKeys
from entrypoints.http.client_addresses import Networks, client_key
from entrypoints.http.credentials import values_of
from entrypoints.http.error_forms import ErrorForms
from entrypoints.http.errors import count_error
from entrypoints.http.paths import HEALTH_PATHS
from entrypoints.http.rate_limits import RateLimit, RateLimitedError
from entrypoints.http.responses import send_response


class AddressLimit:
    """Refuses requests of an address that sends too many, so that it can try few tokens, and each is cheap to refuse.

    Health is not limited, and neither is an agent runtime with its key: it sends the requests of many users.
    """

    def __init__(
        self, app: ASGIApp, limit: RateLimit, *, proxies: Networks, agent_keys: AgentKeys, errors: ErrorForms
    ) -> None:
        self._app = app
        self._limit = limit
        self._proxies = proxies
        self._agent_keys = agent_keys
        self._errors = errors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == ScopeType.HTTP and not self._is_exempt(scope):
            try:
                client = scope["client"]
                self._limit.require(client_key(client[0] if client else "", scope["headers"], self._proxies))
            except RateLimitedError as error:
                count_error(error.code)
                headers, body = self._errors.of(scope["path"]).raw(error.status, error.code, str(error))
                headers += [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
                await send_response(send, error.status, headers, body)
                return
        await self._app(scope, receive, send)

    def _is_exempt(self, scope: HTTPScope) -> bool:
        if scope["path"].startswith(HEALTH_PATHS):
            return True
        keys = values_of(scope["headers"], b"x-agent-key")
        return len(keys) == 1 and self._agent_keys.number_of(keys[0]) is not None
