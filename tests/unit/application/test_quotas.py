"""Quotas of what is kept, on fakes."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from domain.conversation import ConversationPatch
from domain.errors import IdempotencyKeyReusedError, ResponderFailedError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.pages import ConversationWindow
from domain.principal import Principal
from domain.quotas import NO_QUOTAS, Quotas, TooManyConversationsError, TooManyMessagesError
from domain.reply_events import ReplyEvent, StepFinished, ToolCallReady, ToolCallStarted, ToolResult
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.others import ScriptedResponder
from tests.support.histories import calls, user

ANN = Principal(owner_id=OwnerId("ann"))
BOB = Principal(owner_id=OwnerId("bob"))
AGENT = Principal.agent(on_behalf_of="ann")
KEY = IdempotencyKey(key="k", fingerprint=b"f")
OTHER = IdempotencyKey(key="k", fingerprint=b"g")

type Attempt = Callable[[FakeWorld, IdempotencyKey | None], Coroutine[Any, Any, Any]]

BEGINNINGS: dict[str, Attempt] = {
    "create": lambda world, key: world.application.create_conversation(ANN, key=key),
    "chat": lambda world, key: world.application.chat(ANN, "Hello", key=key),
    "under an id of its own": lambda world, key: world.application.begin_reply(
        ANN, user(), conversation_id=world.ids.next(), creates=True, key=key
    ),
}


async def create(world: FakeWorld, messages: int = 0) -> ConversationId:
    """A conversation of Ann's, with so many messages."""
    return (await world.application.create_conversation(ANN, messages=[user()] * messages)).conversation.id


async def conversations(world: FakeWorld, principal: Principal = ANN) -> int:
    """How many there are."""
    return len((await world.application.list_conversations(principal, ConversationWindow())).conversations)


async def last_seq(world: FakeWorld, place: ConversationId) -> int:
    return (await world.application.read_history(ANN, place)).conversation.last_seq


@pytest.mark.parametrize("attempt", BEGINNINGS.values(), ids=BEGINNINGS)
async def test_exactly_as_many_conversations_are_kept_as_the_quota_says(attempt: Attempt) -> None:
    world = FakeWorld(quotas=Quotas(conversations=2))
    await create(world)
    await attempt(world, None)

    with pytest.raises(TooManyConversationsError):
        await attempt(world, None)

    assert await conversations(world) == 2
    assert len(world.responder.turns) <= 1


async def test_a_deleted_conversation_makes_room_and_an_archived_one_does_not() -> None:
    world = FakeWorld(quotas=Quotas(conversations=1))
    place = await create(world)
    await world.application.update_conversation(ANN, place, ConversationPatch(archived=True))
    with pytest.raises(TooManyConversationsError):
        await create(world)

    await world.application.delete_conversation(ANN, place)

    await create(world)


async def test_each_owner_has_a_quota_of_their_own() -> None:
    world = FakeWorld(quotas=Quotas(conversations=1))
    await create(world)

    await world.application.create_conversation(BOB)

    assert await conversations(world, BOB) == 1


@pytest.mark.parametrize("attempt", BEGINNINGS.values(), ids=BEGINNINGS)
async def test_a_retry_finds_its_conversation_when_the_quota_is_reached(attempt: Attempt) -> None:
    world = FakeWorld(quotas=Quotas(conversations=1))
    await attempt(world, KEY)
    world.quotas = Quotas(conversations=1, messages=1)

    again = await attempt(world, KEY)

    assert again.replayed
    with pytest.raises(IdempotencyKeyReusedError):
        await attempt(world, OTHER)


async def test_exactly_as_many_messages_are_kept_as_the_quota_says() -> None:
    world = FakeWorld(quotas=Quotas(messages=4))
    place = await create(world, messages=1)
    append = world.application.append_messages

    with pytest.raises(TooManyMessagesError):
        await append(ANN, place, [user()] * 4)
    with pytest.raises(TooManyMessagesError):
        await append(AGENT, place, [calls("a"), *[user()] * 3])
    assert await last_seq(world, place) == 1
    assert [one.seq for one in (await append(ANN, place, [user()] * 3)).messages] == [2, 3, 4]
    with pytest.raises(TooManyMessagesError):
        await append(ANN, place, [user()])


async def test_a_conversation_does_not_begin_with_more_messages_than_it_may_have() -> None:
    world = FakeWorld(quotas=Quotas(messages=2))
    await create(world, messages=2)

    with pytest.raises(TooManyMessagesError):
        await create(world, messages=3)
    with pytest.raises(TooManyMessagesError):
        await world.application.begin_reply(ANN, user(), before=[user()])

    assert await conversations(world) == 1
    assert world.responder.turns == []


async def test_the_place_of_a_removed_message_counts() -> None:
    world = FakeWorld(quotas=Quotas(messages=2))
    place = await create(world, messages=2)
    await world.application.remove_message(ANN, place, 1)
    await world.application.clear_conversation(ANN, place)

    with pytest.raises(TooManyMessagesError):
        await world.application.append_messages(ANN, place, [user()])


async def test_a_turn_that_does_not_fit_with_its_reply_is_refused_before_anybody_answers() -> None:
    world = FakeWorld(quotas=Quotas(messages=3))
    place = await create(world, messages=2)

    with pytest.raises(TooManyMessagesError):
        await world.application.chat(ANN, "Hello", conversation_id=place)

    assert await last_seq(world, place) == 2
    assert world.responder.turns == []
    fits = await create(world, messages=1)
    assert (await world.application.chat(ANN, "Hello", conversation_id=fits)).assistant_message.seq == 3


async def test_a_reply_that_runs_is_not_cut_off_by_the_quota() -> None:
    step: list[ReplyEvent] = [ToolCallStarted("a", "f"), ToolCallReady("a"), ToolResult("a", "42"), StepFinished()]
    world = FakeWorld(quotas=Quotas(messages=2), responder=ScriptedResponder(*step, "It is 42."))

    turn = await world.application.chat(ANN, "Hello")

    assert (turn.assistant_message.seq, turn.assistant_message.text) == (4, "It is 42.")
    with pytest.raises(TooManyMessagesError):
        await world.application.append_messages(ANN, turn.assistant_message.conversation_id, [user()])


async def test_a_retry_finds_its_messages_when_the_quota_is_reached() -> None:
    world = FakeWorld(quotas=Quotas(messages=2))
    place = await create(world)
    first = await world.application.append_messages(ANN, place, [user()] * 2, key=KEY)

    again = await world.application.append_messages(ANN, place, [user()] * 2, key=KEY)

    assert (again.replayed, list(again.messages)) == (True, list(first.messages))
    with pytest.raises(IdempotencyKeyReusedError):
        await world.application.append_messages(ANN, place, [user()], key=OTHER)


async def test_a_retry_of_a_turn_finds_its_reply_when_the_quota_is_reached() -> None:
    world = FakeWorld(quotas=Quotas(messages=2))
    place = await create(world)
    first = await world.application.chat(ANN, "Hello", conversation_id=place, key=KEY)

    again = await world.application.chat(ANN, "Hello", conversation_id=place, key=KEY)

    assert (again.replayed, again.assistant_message) == (True, first.assistant_message)


async def test_a_failed_reply_is_made_again_only_if_there_is_room() -> None:
    world = FakeWorld(quotas=Quotas(messages=2), responder=ScriptedResponder(failure=RuntimeError()))
    with pytest.raises(ResponderFailedError):
        await world.application.chat(ANN, "Hello", key=KEY)

    with pytest.raises(TooManyMessagesError):
        await world.application.chat(ANN, "Hello", key=KEY)

    assert len(world.responder.turns) == 1
    world.quotas = Quotas(messages=3)
    with pytest.raises(ResponderFailedError):
        await world.application.chat(ANN, "Hello", key=KEY)
    assert len(world.responder.turns) == 2


async def test_what_is_there_when_a_quota_is_lowered_can_be_read_changed_and_deleted() -> None:
    world = FakeWorld(quotas=NO_QUOTAS)
    place = await create(world, messages=3)
    await create(world)
    world.quotas = Quotas(conversations=1, messages=1)
    application = world.application

    assert [one.seq for one in (await application.read_history(ANN, place)).messages] == [1, 2, 3]
    assert (await application.update_conversation(ANN, place, ConversationPatch(title="x"))).title == "x"
    await application.remove_message(ANN, place, 2)
    await application.delete_conversation(ANN, place)
    with pytest.raises(TooManyConversationsError):
        await create(world)
