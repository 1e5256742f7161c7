"""Turns of several messages, and turns that are results of calls, on fakes."""

from typing import Any

import pytest

from domain.errors import (
    CallNotOpenError,
    PreviousReplyNotFoundError,
    RoleNotAllowedError,
    RuleViolationError,
    StaleError,
)
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.message import NewMessage
from domain.model_context import ContextBudget
from domain.pages import MessageWindow
from domain.principal import Principal
from domain.reply import ReplyAddress
from domain.roles import Role
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.begun import begin
from tests.support.histories import assistant, calls, result, system, user

ANN = Principal(owner_id=OwnerId("ann"))
BOB = Principal(owner_id=OwnerId("bob"))
AGENT = Principal.agent(on_behalf_of="ann")
KEY = IdempotencyKey(key="k", fingerprint=b"f")


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


async def answered(world: FakeWorld, message: NewMessage, **options: Any) -> ReplyAddress:
    """Where the reply to the message is, at its end."""
    begun = await world.application.begin_reply(ANN, message, **options)
    await world.application.follow_reply.to_its_end(begun.address)
    return begun.address


async def roles(world: FakeWorld, place: ConversationId) -> list[str]:
    page = await world.application.read_history(ANN, place, MessageWindow(limit=200))
    return [one.role.value for one in page.messages]


async def test_all_messages_of_a_turn_are_saved_and_the_last_is_answered(world: FakeWorld) -> None:
    earlier = [system(), user("Hello"), assistant("Hi", "a"), result("a")]

    begun = await world.application.begin_reply(AGENT, user("And now?"), before=earlier)

    place = begun.address.conversation_id
    assert (begun.user_message.text, begun.address.seq) == ("And now?", 6)
    assert await roles(world, place) == ["system", "user", "assistant", "tool", "user", "assistant"]
    await world.application.follow_reply.to_its_end(begun.address)
    assert world.responder.turns[0].text == "And now?"


async def test_the_result_of_a_call_is_a_turn(world: FakeWorld) -> None:
    place = await begin(world, user(), calls("a"))

    begun = await world.application.begin_reply(AGENT, result("a", "sunny"), conversation_id=place, key=KEY)
    await world.application.follow_reply.to_its_end(begun.address)
    again = await world.application.begin_reply(AGENT, result("a", "sunny"), conversation_id=place, key=KEY)

    assert await roles(world, place) == ["user", "assistant", "tool", "assistant"]
    assert world.responder.turns[0].text == "sunny"
    assert (again.replayed, again.address, again.user_message) == (True, begun.address, begun.user_message)


async def test_a_result_without_an_open_call_is_refused(world: FakeWorld) -> None:
    place = await begin(world, user(), calls("a"), result("a"))

    for where in (place, None):
        with pytest.raises(CallNotOpenError):
            await world.application.begin_reply(AGENT, result("a"), conversation_id=where)

    assert await roles(world, place) == ["user", "assistant", "tool"]


async def test_a_reply_begins_when_all_calls_are_answered(world: FakeWorld) -> None:
    place = await begin(world, user(), calls("a", "b"))

    with pytest.raises(RuleViolationError, match="all open tool calls"):
        await world.application.begin_reply(AGENT, result("a"), conversation_id=place)

    await world.application.begin_reply(AGENT, result("a"), before=[result("b")], conversation_id=place)
    assert await roles(world, place) == ["user", "assistant", "tool", "tool", "assistant"]


@pytest.mark.parametrize(
    "last",
    [system(), assistant(), calls("a"), NewMessage(role=Role.USER, item={"role": "user", "content": []})],
    ids=["system", "assistant", "call", "item"],
)
async def test_what_nobody_can_answer_is_no_turn(world: FakeWorld, last: NewMessage) -> None:
    with pytest.raises(RuleViolationError, match="must end with"):
        await world.application.begin_reply(AGENT, last, before=[user()])


async def test_a_turn_follows_the_last_reply(world: FakeWorld) -> None:
    first = await answered(world, user("one"))
    place = first.conversation_id

    second = await answered(world, user("two"), conversation_id=place, follows=2)

    assert (second.seq, await roles(world, place)) == (4, ["user", "assistant"] * 2)


async def test_a_turn_that_would_not_follow_at_once_is_refused(world: FakeWorld) -> None:
    place = (await answered(world, user("one"))).conversation_id
    await world.application.append_messages(ANN, place, [user("two")])

    with pytest.raises(StaleError):
        await answered(world, user("three"), conversation_id=place, follows=2)

    assert await roles(world, place) == ["user", "assistant", "user"]


async def test_a_turn_follows_no_reply_but_the_owners(world: FakeWorld) -> None:
    place = (await answered(world, user("one"))).conversation_id

    for principal, seq in ((BOB, 2), (ANN, 1), (ANN, 7)):
        with pytest.raises(PreviousReplyNotFoundError):
            await world.application.begin_reply(principal, user(), conversation_id=place, follows=seq)


async def test_a_retry_finds_its_reply_whatever_became_of_the_one_before(world: FakeWorld) -> None:
    place = (await answered(world, user("one"))).conversation_id
    second = await answered(world, user("two"), conversation_id=place, follows=2, key=KEY)
    await answered(world, user("three"), conversation_id=place)

    again = [await answered(world, user("two"), conversation_id=place, follows=2, key=KEY)]
    await world.application.dissolve_reply(ANN, place, 2)
    again.append(await answered(world, user("two"), conversation_id=place, follows=2, key=KEY))

    assert again == [second, second]
    assert len(await roles(world, place)) == 6


async def test_metadata_of_a_reply_is_its_first_messages(world: FakeWorld) -> None:
    world.responder.failure = RuntimeError()
    failed = await answered(world, user(), metadata={"a": "b"}, key=KEY)
    world.responder.failure = None
    again = await answered(world, user(), metadata={"a": "b"}, key=KEY)
    more = await answered(world, user(), conversation_id=again.conversation_id, metadata={"c": 1})

    found = [await world.log.find(one) for one in (failed, again, more)]

    assert [one and one.metadata.value for one in found] == [None, {"a": "b"}, {"c": 1}]
    with pytest.raises(RuleViolationError):
        await answered(world, user(), metadata={"a": "\0"})


async def test_instructions_are_for_one_reply_and_are_not_saved(world: FakeWorld) -> None:
    world.responder.budget = ContextBudget()

    first = await answered(world, user("one"), instructions="Be brief.")
    await answered(world, user("two"), conversation_id=first.conversation_id)

    told, later = world.responder.turns
    assert (told.instructions, later.instructions) == ("Be brief.", None)
    contexts = [
        [one.content and one.content.value for one in turn.context.messages] for turn in (told, later) if turn.context
    ]
    assert contexts == [["Be brief.", "one"], ["one", "Hi there", "two"]]
    assert await roles(world, first.conversation_id) == ["user", "assistant"] * 2


async def test_a_reply_that_is_asked_for_again_has_its_instructions_again(world: FakeWorld) -> None:
    world.responder.failure = RuntimeError()
    for _ in range(2):
        await answered(world, user("one"), instructions="Be brief.", key=KEY)

    assert [one.instructions for one in world.responder.turns] == ["Be brief."] * 2


@pytest.mark.parametrize(
    "instructions", ["", " ", "\ud800", "x" * (1024 * 1024 - 1)], ids=["", "blank", "surrogate", "long"]
)
async def test_instructions_are_bounded_as_content(world: FakeWorld, instructions: str) -> None:
    with pytest.raises(RuleViolationError) as raised:
        await answered(world, user("one"), instructions=instructions)

    assert raised.value.field == "instructions"


async def test_a_session_alone_says_what_a_user_says(world: FakeWorld) -> None:
    for before in (system(), assistant()):
        with pytest.raises(RoleNotAllowedError):
            await world.application.begin_reply(ANN, user(), before=[before])
    with pytest.raises(RoleNotAllowedError):
        await world.application.begin_reply(ANN, result("a"))

    begun = await world.application.begin_reply(ANN, user("b"), before=[user("a")])
    assert begun.user_message.seq == 2
