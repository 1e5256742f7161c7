"""The contract of what the check reads, on PostgreSQL: in pages of any size, everything comes once."""

import secrets
from uuid import UUID

import asyncpg
import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.consistency_reader import PostgresConsistencyReader
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database
from domain.append import decide_append
from domain.conversation import NewConversation
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import NewMessage
from domain.removal import Removal
from domain.roles import Role

USER = NewMessage(role=Role.USER, content="Hello")
CALLS = [{"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}} for name in ("b", "a")]
ASSISTANT = NewMessage(role=Role.ASSISTANT, tool_calls=CALLS)
TOOL = NewMessage(role=Role.TOOL, tool_call_id="a", content="42")
NEVER = ConversationId(UUID(int=77))
IDS = [ConversationId(UUID(int=number)) for number in (0, 1, 2, 3, (1 << 128) - 1)]


@pytest.fixture
async def ann(database: Database) -> OwnerId:
    """Has conversations at both ends of their order, each under a key, with 1 to 5 messages."""
    ann = OwnerId(f"ann-{secrets.token_hex(6)}")
    repository = PostgresConversationRepository(database)
    for count, conversation_id in enumerate(IDS, 1):
        append = decide_append([USER] * count, None)
        new = NewConversation(id=conversation_id, title=None, metadata=EMPTY_OBJECT, append=append)
        await repository.create(ann, new, IdempotencyKey(key=str(count), fingerprint=b"f"))
    return ann


@pytest.mark.parametrize("page_size", [1, 2, 5, 100])
async def test_everything_comes_once_whatever_the_page(database: Database, ann: OwnerId, page_size: int) -> None:
    data = PostgresConsistencyReader(database, page_size)

    conversations = [one async for one in data.conversations(ann)]
    keys = [one async for one in data.keys(ann)]

    assert [one.conversation_id for one in conversations] == IDS
    assert [(one.last_seq, one.message_count, one.lowest_seq, one.highest_seq) for one in conversations] == [
        (count, count, 1, count) for count in range(1, 6)
    ]
    assert all(one.updated_at == one.newest_message_at and not one.uses_tools for one in conversations)
    assert [(one.conversation_id, one.first_seq, one.last_seq, one.conversation_last_seq) for one in keys] == [
        (conversation_id, 1, count, count) for count, conversation_id in enumerate(IDS, 1)
    ]
    assert [one async for one in data.stray_messages(ann)] == []
    assert [owner async for owner in PostgresConsistencyReader(database, 500).owners()].count(ann) == 1


@pytest.mark.parametrize("page_size", [1, 2, 5])
async def test_every_stray_message_is_found_whatever_the_page(
    database: Database, database_url: str, ann: OwnerId, page_size: int
) -> None:
    connection = await asyncpg.connect(**DatabaseAddress.parse(database_url).arguments)
    async with connection.transaction():
        await connection.execute("SET LOCAL citus.propagate_set_commands = 'local'")  # PostgreSQL lets it be
        await connection.execute("SET LOCAL session_replication_role = replica")  # without foreign keys
        await connection.execute("DELETE FROM conversations WHERE owner_id = $1 AND id <> $2", ann, IDS[2])
    await connection.close()

    stray = [one async for one in PostgresConsistencyReader(database, page_size).stray_messages(ann)]

    assert stray == [(IDS[0], 1), (IDS[1], 2), (IDS[3], 4), (IDS[4], 5)]


async def test_the_steps_are_those_since_the_last_user_turn(database: Database, ann: OwnerId) -> None:
    data = PostgresConsistencyReader(database)
    repository = PostgresConversationRepository(database)
    said = NewMessage(role=Role.ASSISTANT, content="Well")
    turn = [USER, ASSISTANT, USER, said, ASSISTANT, TOOL, said]
    await repository.append(ann, IDS[0], decide_append(turn, None), None)

    history = await data.calls(ann, IDS[0])

    assert history is not None
    assert history.open_calls == ("b",)
    assert [(step.seq, step.role) for step in history.tool_steps] == [
        (4, Role.USER),
        (6, Role.ASSISTANT),
        (7, Role.TOOL),
    ]
    assert list(history.findings(ann, IDS[0])) == []
    assert [one.uses_tools async for one in data.conversations(ann)] == [True, False, False, False, False]


async def test_of_removed_messages_only_turns_are_steps(database: Database, ann: OwnerId) -> None:
    data = PostgresConsistencyReader(database)
    repository = PostgresConversationRepository(database)
    turn = [USER, ASSISTANT, TOOL, USER, ASSISTANT, TOOL]
    await repository.append(ann, IDS[0], decide_append(turn, None), None)
    await repository.remove(ann, IDS[0], Removal(seqs=(5, 6, 7), leaves=frozenset({"b"})))

    history = await data.calls(ann, IDS[0])

    assert history is not None
    assert [(step.seq, step.role, step.removed) for step in history.tool_steps] == [
        (2, Role.USER, False),
        (3, Role.ASSISTANT, False),
        (4, Role.TOOL, False),
        (5, Role.USER, True),
    ]
    assert list(history.findings(ann, IDS[0])) == []
    assert [list(one.findings(ann)) async for one in data.conversations(ann)] == [[]] * 5


async def test_a_conversation_that_is_not_there_has_no_calls(database: Database, ann: OwnerId) -> None:
    assert await PostgresConsistencyReader(database).calls(ann, NEVER) is None
    assert await PostgresConsistencyReader(database).calls(OwnerId(f"{ann}-x"), IDS[0]) is None
