"""The limits of a user: how many requests, appended messages and bytes a minute."""

import asyncio
from dataclasses import dataclass
from typing import Final, override

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from domain.identifiers import OwnerId
from domain.principal import Principal
from entrypoints.http.credentials import RawHeaders
from entrypoints.http.origins import SAFE_METHODS
from entrypoints.http.rate_limits import RateLimit, RateLimitedError
from entrypoints.http.route_middleware import RouteMiddleware
from entrypoints.http.route_options import PUBLIC

CHARGED: Final = "charged"
"""The key in the scope's state of what the request was charged for: messages, and bytes."""
HELD_SECONDS: Final = 1.0
"""How long a request is held before it is refused, as it is one too many of its user."""
MOST_HELD: Final = 200
"""Requests that are held at once; the next ones are refused at once. A worker answers 1,000."""
_REPLAYED: Final = b"idempotent-replayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLimits:
    """What each user may ask of this worker. An agent runtime asks for the user for whom it acts."""

    requests: RateLimit
    messages: RateLimit
    body_bytes: RateLimit

    def charge(self, owner_id: OwnerId, messages: int, body_bytes: int) -> None:
        """Count what is to be appended. Raises RateLimitedError if either is too much; then nothing is counted."""
        self.messages.require(owner_id, messages)
        try:
            self.body_bytes.require(owner_id, body_bytes)
        except RateLimitedError:
            self.messages.uncount(owner_id, messages)
            raise

    def refund(self, owner_id: OwnerId, messages: int, body_bytes: int) -> None:
        """Take back what was counted, as nothing was appended."""
        self.messages.uncount(owner_id, messages)
        self.body_bytes.uncount(owner_id, body_bytes)


class CountedRequests(RouteMiddleware):
    """Counts the requests of each user, and refuses those that are too many, after a while.

    What was charged for a write that only repeats an earlier one is refunded.
    """

    unless = PUBLIC

    def __init__(self, limits: UserLimits) -> None:
        self._limits = limits
        self._held = 0

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        principal: Principal = scope["user"]
        owner_id, state = principal.owner_id, scope["state"]
        try:
            self._limits.requests.require(owner_id)
        except RateLimitedError:
            await self._hold()
            raise

        async def send_and_refund(message: Message) -> None:
            if message["type"] == "http.response.start" and CHARGED in state and _is_replay(message["headers"]):
                self._limits.refund(owner_id, *state[CHARGED])
            await send(message)

        is_safe = scope.get("method") in SAFE_METHODS
        await next_app(scope, receive, send if is_safe else send_and_refund)

    async def _hold(self) -> None:
        """Wait before a refusal: a client that asks again at once would take as much time as if it were answered."""
        if self._held < MOST_HELD:
            self._held += 1
            try:
                await asyncio.sleep(HELD_SECONDS)
            finally:
                self._held -= 1


def _is_replay(headers: RawHeaders) -> bool:
    return any(name.lower() == _REPLAYED for name, _ in headers)
