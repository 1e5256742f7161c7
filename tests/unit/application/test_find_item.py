"""Finding an item by an id of its own, on fakes."""

import pytest

from domain.errors import MessageNotFoundError
from domain.identifiers import ConversationId
from domain.response_items import message_of
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.begun import ANN, BOB, begin
from tests.support.histories import user


def reasoning(item_id: str) -> dict[str, object]:
    return {"type": "reasoning", "id": item_id, "summary": []}


async def test_the_newest_item_of_that_id_is_found() -> None:
    world = FakeWorld()
    items = [message_of(reasoning(item_id)) for item_id in ("rs_1", "rs_2", "rs_1", "rs_3")]
    place = await begin(world, user(), *items)

    found = [await world.application.find_item(ANN, place, item_id) for item_id in ("rs_1", "rs_2", "rs_3")]

    assert found == [4, 3, 5]


async def test_it_is_found_among_the_newest_thousand_messages_and_not_before() -> None:
    world = FakeWorld()
    place = await begin(world, message_of(reasoning("rs_1")), message_of(reasoning("rs_2")), *[user()] * 999)

    assert await world.application.find_item(ANN, place, "rs_2") == 2
    with pytest.raises(MessageNotFoundError):
        await world.application.find_item(ANN, place, "rs_1")


async def test_what_is_missing_or_a_strangers_is_not_found() -> None:
    world = FakeWorld()
    place = await begin(world, message_of(reasoning("rs_1")))

    for principal, conversation_id, item_id in (
        (ANN, place, "rs_2"),
        (BOB, place, "rs_1"),
        (ANN, ConversationId(world.ids.next()), "rs_1"),
    ):
        with pytest.raises(MessageNotFoundError):
            await world.application.find_item(principal, conversation_id, item_id)
