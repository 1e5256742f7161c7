"""Taking back the newest message, and clearing a conversation, on fakes."""

import asyncio

import pytest

from domain.errors import ConversationNotFoundError
from domain.identifiers import ConversationId
from domain.message import Message, NewMessage
from domain.roles import Role
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.begun import ANN, BOB, begin, open_calls, seqs
from tests.support.histories import assistant, calls, result, user

HISTORY = [user("weather?"), calls("a", "b"), result("b"), result("a"), assistant("sunny"), calls("c")]


async def test_popping_takes_back_one_message_after_the_other() -> None:
    world = FakeWorld()
    place = await begin(world, *HISTORY)

    popped, opened = [], []
    while message := await world.application.pop_message(ANN, place):
        popped.append(message.seq)
        opened.append(await open_calls(world, place))

    assert popped == [6, 5, 4, 3, 2, 1]
    assert opened == [set(), set(), {"a"}, {"a", "b"}, set(), set()]
    assert (await world.application.read_history(ANN, place)).conversation.title is None


async def test_after_popping_a_result_the_call_may_be_answered_again() -> None:
    world = FakeWorld()
    place = await begin(world, user(), calls("a"), result("a", "wrong"))

    await world.application.pop_message(ANN, place)
    await world.application.append_messages(ANN, place, [result("a", "right")])

    context = await world.application.read_context(ANN, place)
    assert [one.content and one.content.value for one in context.messages] == ["hello", None, "right"]
    assert await seqs(world, place) == [1, 2, 4]


async def test_a_message_is_popped_once_however_many_pop_at_once() -> None:
    world = FakeWorld()
    place = await begin(world, *HISTORY[:1], *(assistant(str(n)) for n in range(5)))

    popped = await asyncio.gather(*(world.application.pop_message(ANN, place) for _ in range(8)))

    assert sorted(one.seq for one in popped if isinstance(one, Message)) == [1, 2, 3, 4, 5, 6]


async def test_a_conversation_that_is_cleared_goes_on() -> None:
    world = FakeWorld()
    place = await begin(world, *HISTORY)

    await world.application.clear_conversation(ANN, place)
    await world.application.append_messages(ANN, place, [NewMessage(role=Role.USER, content="again")])

    assert await seqs(world, place) == [7]
    assert await open_calls(world, place) == frozenset()
    page = await world.application.read_history(ANN, place)
    assert (page.conversation.title, page.conversation.last_seq, page.has_more_before) == ("again", 7, False)


@pytest.mark.parametrize("call", ["pop_message", "clear_conversation"])
async def test_a_strangers_conversation_is_as_one_that_does_not_exist(call: str) -> None:
    world = FakeWorld()
    place = await begin(world, *HISTORY)

    for principal, conversation_id in ((BOB, place), (ANN, ConversationId(world.ids.next()))):
        with pytest.raises(ConversationNotFoundError):
            await getattr(world.application, call)(principal, conversation_id)

    assert await seqs(world, place) == [1, 2, 3, 4, 5, 6]
