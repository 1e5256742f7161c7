"""Taking back one message: alone if it is the newest, else with what depends on it; on fakes."""

import pytest

from domain.errors import MessageNotFoundError
from domain.identifiers import ConversationId
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.begun import ANN, BOB, begin, open_calls, seqs
from tests.support.histories import assistant, calls, result, user


async def test_the_newest_result_goes_alone_and_its_call_is_open_again() -> None:
    world = FakeWorld()
    place = await begin(world, user(), calls("a"), result("a"))

    await world.application.take_back_message(ANN, place, 3)

    assert await seqs(world, place) == [1, 2]
    assert await open_calls(world, place) == {"a"}


async def test_an_earlier_result_goes_with_its_call() -> None:
    world = FakeWorld()
    place = await begin(world, user(), calls("a"), result("a"), assistant("sunny"))

    await world.application.take_back_message(ANN, place, 3)

    assert await seqs(world, place) == [1, 4]


async def test_a_message_is_taken_back_once_and_by_its_owner_alone() -> None:
    world = FakeWorld()
    place = await begin(world, user(), user(), user())
    await world.application.take_back_message(ANN, place, 3)

    for principal, conversation_id, seq in (
        (ANN, place, 3),
        (BOB, place, 2),
        (ANN, ConversationId(world.ids.next()), 2),
    ):
        with pytest.raises(MessageNotFoundError):
            await world.application.take_back_message(principal, conversation_id, seq)

    assert await seqs(world, place) == [1, 2]
