"""Removals beside appends, walks and each other, on PostgreSQL."""

import asyncio
import random
import secrets

import pytest

from adapters.postgres.consistency_reader import PostgresConsistencyReader
from adapters.postgres.database import Database
from domain.errors import CallNotOpenError, MessageNotFoundError
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message
from domain.pages import MessageWindow
from domain.principal import Principal
from domain.response_items import message_of
from entrypoints.embedded import open_application
from entrypoints.settings import Settings
from tests.support.histories import assistant, calls, result, user


@pytest.fixture
def reader(database: Database) -> PostgresConsistencyReader:
    return PostgresConsistencyReader(database)


def someone() -> Principal:
    return Principal.agent(on_behalf_of=f"owner-{secrets.token_hex(6)}")


async def test_a_walk_meets_each_message_that_remains_once(settings: Settings) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)  # noqa: S311 - no secret
    ann = someone()
    async with open_application(settings) as app:
        place = (await app.create_conversation(ann, messages=[user(str(n)) for n in range(1, 61)])).conversation.id
        removed: set[int] = set()
        is_over = False

        async def append() -> None:
            for number in range(60):
                await app.append_messages(ann, place, [user(str(number))] * chance.randint(1, 3))

        async def remove() -> None:
            for _ in range(60):
                seq = chance.randint(1, 60)
                if seq not in removed:
                    removed.add(seq)
                    await app.remove_message(ann, place, seq)

        async def walk() -> list[int]:
            met: list[int] = []
            while True:
                was_over = is_over
                window = MessageWindow(after=met[-1] if met else 0, limit=7)
                page = await app.read_history(ann, place, window)
                met += (message.seq for message in page.messages)
                if was_over and not page.has_more_after:
                    return met

        walks = [asyncio.create_task(walk()) for _ in range(3)]
        await asyncio.gather(append(), remove())
        is_over = True
        met = await asyncio.gather(*walks)
        last_seq = (await app.read_history(ann, place)).conversation.last_seq

    for each in met:
        assert each == sorted(set(each)), f"seed {seed}"
        assert {*each} >= {*range(1, last_seq + 1)} - removed, f"seed {seed}"


async def test_each_message_is_popped_once(settings: Settings) -> None:
    ann = someone()
    async with open_application(settings) as app:
        place = (await app.create_conversation(ann, messages=[user(str(n)) for n in range(12)])).conversation.id

        popped = await asyncio.gather(*(app.pop_message(ann, place) for _ in range(16)))

        assert sorted(one.seq for one in popped if isinstance(one, Message)) == list(range(1, 13))
        assert (await app.read_history(ann, place)).messages == ()


async def test_whoever_removes_the_same_message_at_once_has_removed_it(settings: Settings) -> None:
    ann = someone()
    async with open_application(settings) as app:
        place = (await app.create_conversation(ann, messages=[user(), calls("a"), result("a")])).conversation.id

        ends = await asyncio.gather(
            *(app.remove_message(ann, place, seq) for seq in (2, 3, 2, 3, 2)), return_exceptions=True
        )

        assert {type(one) for one in ends} <= {type(None), MessageNotFoundError}
        assert None in ends
        assert [one.seq for one in (await app.read_history(ann, place)).messages] == [1]


async def test_no_call_is_torn_when_results_come_while_messages_are_removed(
    settings: Settings, reader: PostgresConsistencyReader
) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)  # noqa: S311 - no secret
    ann = someone()
    async with open_application(settings) as app:
        for _ in range(40):
            begun = await app.create_conversation(ann, messages=[user(), calls("a", "b"), assistant(), calls("c")])
            place = begun.conversation.id
            doings = [
                *(app.append_messages(ann, place, [result(one)]) for one in "abc"),
                app.append_messages(ann, place, [user() if chance.random() < 0.3 else assistant()]),
                app.remove_message(ann, place, 2),
                app.remove_message(ann, place, chance.choice([1, 3, 4])),
                app.clear_conversation(ann, place) if chance.random() < 0.2 else app.pop_message(ann, place),
            ]
            chance.shuffle(doings)
            ends = await asyncio.gather(*doings, return_exceptions=True)

            errors = {type(one) for one in ends if isinstance(one, BaseException)}
            assert errors <= {CallNotOpenError, MessageNotFoundError}, f"seed {seed}"
            await require_whole(reader, ann.owner_id, place)
            page = await app.read_history(ann, place)
            made = {call for message in page.messages for call in message.call_ids}
            answered = [message.tool_call_id for message in page.messages if message.tool_call_id]
            assert {*answered} <= made, f"seed {seed}"


async def require_whole(reader: PostgresConsistencyReader, owner_id: OwnerId, place: ConversationId) -> None:
    history = await reader.calls(owner_id, place)
    assert history is not None
    assert list(history.findings(owner_id, place)) == []


async def test_an_item_is_popped_as_it_was_appended(settings: Settings) -> None:
    ann, item = someone(), {"type": "reasoning", "summary": []}
    async with open_application(settings) as app:
        place = (await app.create_conversation(ann, messages=[user(), message_of(item)])).conversation.id

        popped = await app.pop_message(ann, place)

    assert popped is not None
    assert popped.item is not None
    assert popped.item.value == item
