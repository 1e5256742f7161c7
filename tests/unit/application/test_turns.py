"""Turns of several messages, and turns that are results of calls, on fakes."""

import pytest

from domain.errors import CallNotOpenError, RoleNotAllowedError, RuleViolationError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.message import NewMessage
from domain.pages import MessageWindow
from domain.principal import Principal
from domain.roles import Role
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.begun import begin
from tests.support.histories import assistant, calls, result, system, user

ANN = Principal(owner_id=OwnerId("ann"))
AGENT = Principal.agent(on_behalf_of="ann")
KEY = IdempotencyKey(key="k", fingerprint=b"f")


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


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


async def test_a_session_alone_says_what_a_user_says(world: FakeWorld) -> None:
    for before in (system(), assistant()):
        with pytest.raises(RoleNotAllowedError):
            await world.application.begin_reply(ANN, user(), before=[before])
    with pytest.raises(RoleNotAllowedError):
        await world.application.begin_reply(ANN, result("a"))

    begun = await world.application.begin_reply(ANN, user("b"), before=[user("a")])
    assert begun.user_message.seq == 2
