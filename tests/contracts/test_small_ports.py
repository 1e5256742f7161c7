"""The contracts of the small ports, for every implementation."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.better_auth.development import open_session
from adapters.better_auth.names import Names
from adapters.better_auth.verifier import BetterAuthTokenVerifier, SignaturePolicy
from adapters.echo.responder import EchoResponder
from adapters.estimate.token_counter import EstimatingTokenCounter
from adapters.postgres.database import Database
from adapters.postgres.readiness import PostgresReadiness
from adapters.system.conversation_ids import RandomConversationIds
from domain.chat_message import ChatMessage
from domain.credential import Credential
from domain.errors import CredentialFailure, UnauthenticatedError
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT, JsonText
from domain.message import Message, Status
from domain.ports.conversation_ids import ConversationIds
from domain.ports.readiness import Readiness
from domain.ports.responder import Responder, Turn
from domain.ports.token_counter import TokenCounter
from domain.ports.token_verifier import TokenVerifier
from domain.reply_events import ReplyFinished, TextDelta
from domain.roles import Caller, Role
from tests.support.fakes.others import (
    CharacterCounter,
    CountingConversationIds,
    InMemoryTokenVerifier,
    ScriptedResponder,
    Session,
    StaticReadiness,
)
from tests.support.scripted_agents import agent_of, responder_of, speaking
from tests.support.service import SECRET

type SignIn = Callable[[timedelta, str], Awaitable[str]]
"""Signs a user in for a time; the token."""


def bearer(token: str) -> Credential:
    return Credential(value=token, must_be_signed=False)


@pytest.fixture(params=["in memory", "better-auth"])
def verifier_and_sign_in(request: pytest.FixtureRequest, database: Database) -> tuple[TokenVerifier, SignIn]:
    """A verifier, and what signs somebody in."""
    fake = InMemoryTokenVerifier()

    async def in_memory(life: timedelta, user_id: str) -> str:
        token = secrets.token_hex(16)
        fake.sessions[token] = Session(user_id=user_id, expires_at=datetime.now(UTC) + life)
        return token

    async def better_auth(life: timedelta, user_id: str) -> str:
        token = await open_session(database, user_id)
        sql = 'UPDATE "session" SET "expiresAt" = clock_timestamp() + $1::interval WHERE "token" = $2'
        await database.fetch_row(sql, (life, token))
        return token

    if request.param == "in memory":
        return fake, in_memory
    verifier = BetterAuthTokenVerifier(database, Names(), SignaturePolicy(secret=SECRET.encode()))
    return verifier, better_auth


def new_user() -> str:
    return f"user-{secrets.token_hex(6)}"


async def test_a_token_belongs_to_its_user_until_the_session_ends(
    verifier_and_sign_in: tuple[TokenVerifier, SignIn],
) -> None:
    verifier, sign_in = verifier_and_sign_in
    user = new_user()
    token = await sign_in(timedelta(minutes=5), user)

    principal = await verifier.verify(bearer(token))

    assert (principal.owner_id, principal.caller) == (user, Caller.USER)
    assert principal.session_expires_at is not None
    assert timedelta() < principal.session_expires_at - datetime.now(UTC) <= timedelta(minutes=5)


async def test_an_expired_session_is_nobodys(verifier_and_sign_in: tuple[TokenVerifier, SignIn]) -> None:
    verifier, sign_in = verifier_and_sign_in
    token = await sign_in(timedelta(milliseconds=-1), new_user())

    with pytest.raises(UnauthenticatedError) as raised:
        await verifier.verify(bearer(token))

    assert raised.value.failure is CredentialFailure.EXPIRED


async def test_the_longest_user_id_is_an_owner(verifier_and_sign_in: tuple[TokenVerifier, SignIn]) -> None:
    verifier, sign_in = verifier_and_sign_in
    user = f"{new_user():x<255}"

    assert (await verifier.verify(bearer(await sign_in(timedelta(minutes=5), user)))).owner_id == user


@pytest.mark.parametrize("rest", ["x" * 256, "a\nb", "\u200b", "\u2028", "\ue000"])
async def test_a_session_whose_user_can_own_nothing_is_nobodys(
    verifier_and_sign_in: tuple[TokenVerifier, SignIn], rest: str
) -> None:
    verifier, sign_in = verifier_and_sign_in
    token = await sign_in(timedelta(minutes=5), f"{new_user()}{rest}")

    with pytest.raises(UnauthenticatedError) as raised:
        await verifier.verify(bearer(token))

    assert raised.value.failure is CredentialFailure.UNFIT_USER_ID


@pytest.mark.parametrize("token", ["", "x", "0" * 32, "x" * 10_000, "a\0b" * 8, "\ud800" * 20, "' OR 1=1 -- --- ---"])
async def test_what_is_no_token_is_nobodys(verifier_and_sign_in: tuple[TokenVerifier, SignIn], token: str) -> None:
    verifier, _ = verifier_and_sign_in

    with pytest.raises(UnauthenticatedError):
        await verifier.verify(bearer(token))


def new_turn() -> Turn:
    message = Message(
        conversation_id=CountingConversationIds().next(),
        seq=1,
        role=Role.USER,
        content=JsonText('"Hello"'),
        tool_calls=None,
        tool_call_id=None,
        name=None,
        status=Status.COMPLETED,
        metadata=EMPTY_OBJECT,
        created_at=datetime.now(UTC),
    )
    return Turn(owner_id=OwnerId("ann"), text="Hello", message=message)


RESPONDERS = [
    ScriptedResponder("Echo: ", "Hello"),
    EchoResponder(),
    EchoResponder(delay=1e-6),
    responder_of(agent_of(*[speaking("Echo: ", "Hello")] * 2)),
]


@pytest.mark.parametrize("responder", RESPONDERS)
async def test_a_reply_comes_piece_by_piece_and_finishes(responder: Responder) -> None:
    events = [event async for event in responder.reply(new_turn())]

    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "Echo: Hello"
    assert [event for event in events if isinstance(event, ReplyFinished)] == events[-1:]


@pytest.mark.parametrize("responder", RESPONDERS)
async def test_a_reply_may_be_closed_before_its_end(responder: Responder) -> None:
    reply = responder.reply(new_turn())
    first = await anext(reply)

    await reply.aclose()

    assert (first, [event async for event in reply]) == (TextDelta("Echo: "), [])


@pytest.mark.parametrize("ids", [CountingConversationIds(), RandomConversationIds()])
def test_no_id_is_given_twice(ids: ConversationIds) -> None:
    given: set[ConversationId] = {ids.next() for _ in range(10_000)}

    assert len(given) == 10_000


def test_new_ids_sort_by_their_time() -> None:
    ids = RandomConversationIds()
    first = ids.next()
    while (later := ids.next()).int >> 80 == first.int >> 80:
        pass

    assert later > first
    assert later.version == 7


async def test_readiness_is_silent_when_all_is_well(database: Database) -> None:
    implementations: list[Readiness] = [StaticReadiness(), PostgresReadiness(database)]

    for readiness in implementations:
        await readiness.check()


COUNTERS = [CharacterCounter(), EstimatingTokenCounter()]
PARTS = [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": "x"}}, {"type": "odd", "n": 1}]


def said(content: object, **more: Any) -> ChatMessage:
    return ChatMessage(Role.ASSISTANT, None if content is None else JsonText.of(content), **more)


@pytest.mark.parametrize("tokens", COUNTERS)
def test_a_message_takes_at_least_one_token_and_the_same_each_time(tokens: TokenCounter) -> None:
    for content in (None, "", "hello", "a\0\U0001f600", PARTS):
        message = said(content, tool_calls=JsonText("[]"), tool_call_id="c", name="n")

        assert tokens.count(message) == tokens.count(message) >= 1


@pytest.mark.parametrize("tokens", COUNTERS)
@pytest.mark.parametrize("more", ["a", " ", "1", "{", "\u0439", "\u4e2d", "\U0001f600"])
def test_more_text_never_takes_less(tokens: TokenCounter, more: str) -> None:
    counts = [tokens.count(said(more * length)) for length in range(40)]
    of_calls = [tokens.count(said(None, tool_calls=JsonText.of([more] * length))) for length in range(40)]

    assert counts == sorted(counts)
    assert of_calls == sorted(of_calls)
    assert counts[-1] > counts[0]
    assert of_calls[-1] > of_calls[0]
