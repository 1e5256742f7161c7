"""Mutants of the limits: that let one user take another's share, take more than theirs, or pass for somebody else."""

from collections.abc import Hashable
from typing import Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from adapters.postgres.places import Places
from entrypoints.http import client_addresses, user_limits
from entrypoints.http.credentials import RawHeaders
from entrypoints.http.rate_limits import RateLimit, RateLimitedError
from entrypoints.http.request import ApiRequest
from entrypoints.http.user_limits import CHARGED, CountedRequests
from tests.integration import test_database
from tests.security.mutants.mutant import Mutant, Replacement
from tests.unit.entrypoints import test_rate_limits
from tests.unit.entrypoints.http import test_client_addresses

_IN_NO_TIME: Final[Replacement] = (user_limits, "HELD_SECONDS", 0.0)
_handle = CountedRequests.handle
_key = client_addresses._key.__wrapped__  # which remembers nothing
_require = RateLimit.require


def _require_of_all(limit: RateLimit, _: Hashable, amount: int = 1) -> None:
    """One bucket for all."""
    _require(limit, "all", amount)


async def _handle_sessions(
    self: CountedRequests, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp
) -> None:
    """Count those who come with a session alone."""
    if scope["user"].session_expires_at is None:
        await next_app(scope, receive, send)
    else:
        await _handle(self, scope, receive, send, next_app)


def _is_replay_or_failure(headers: RawHeaders) -> bool:
    return any(name == b"idempotent-replayed" or value == b"application/problem+json" for name, value in headers)


async def _note(request: ApiRequest, messages: int) -> None:
    """Charge later."""
    request.scope["state"][CHARGED] = messages, len(await request.body())


async def _handle_and_charge(
    self: CountedRequests, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp
) -> None:
    """Charge when the response begins."""

    async def send_and_charge(message: Message) -> None:
        if message["type"] == "http.response.start" and (amounts := scope["state"].pop(CHARGED, None)):
            try:
                self._limits.charge(scope["user"].owner_id, *amounts)
            except RateLimitedError as error:
                told = [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
                message["status"], message["headers"] = error.status, [*message["headers"], *told]
        await send(message)

    await next_app(scope, receive, send_and_charge)


async def _enter_at_once(_: Places, __: str | None) -> None:
    """Wait for no other statement of the owner."""


_AGENT: Final = test_rate_limits.test_an_agent_runtime_counts_by_the_user_for_whom_it_acts
_BYTES_OF_IPV6: Final = 16

MUTANTS: Final = (
    Mutant(
        name="all users share a bucket",
        replaces=((RateLimit, "require", _require_of_all), _IN_NO_TIME),
        found_by=_AGENT,
        says="At index 3 diff.*429.* != 200",
    ),
    Mutant(
        name="an agent's requests are nobody's",
        replaces=((CountedRequests, "handle", _handle_sessions),),
        found_by=_AGENT,
        says="At index 2 diff.*200.* != 429",
    ),
    Mutant(
        name="anybody may say who the client is",
        replaces=((client_addresses, "_is_in", lambda *_: True),),
        found_by=test_client_addresses.test_the_client_is_the_last_one_that_no_trusted_proxy_is,
        given={"peer": "192.0.2.1", "values": ["198.51.100.7"], "client": "192.0.2.1"},
        says="==",
    ),
    Mutant(
        name="each address of IPv6 is a client",
        replaces=((client_addresses, "_PREFIX", _BYTES_OF_IPV6), (client_addresses, "_key", _key)),
        found_by=test_client_addresses.test_addresses_of_ipv6_count_by_their_64,
        says="==",
    ),
    Mutant(
        name="a failure is refunded",
        replaces=((user_limits, "_is_replay", _is_replay_or_failure),),
        found_by=test_rate_limits.test_a_write_that_fails_is_not_refunded,
        says="At index 1 diff.*404.* != 429",
    ),
    Mutant(
        name="a refusal comes after the write",
        replaces=((ApiRequest, "charge", _note), (CountedRequests, "handle", _handle_and_charge)),
        found_by=test_rate_limits.test_the_largest_append_fits_once_and_the_next_one_is_refused_and_not_written,
        given={"path": "/api/conversations/{place}/messages", "body": test_rate_limits.messages(100)},
        says="200 <= 102",
    ),
    Mutant(
        name="an owner may take all connections",
        replaces=((Places, "enter", _enter_at_once), (Places, "leave", lambda *_: None)),
        found_by=test_database.test_an_owner_whose_statements_all_wait_leaves_connections_to_others,
        says=r"== \(True, 7\)",
    ),
)
