"""Deleting expired conversations beside whoever writes to them, on PostgreSQL."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import asyncpg
import pytest

from adapters.postgres import owner_data
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.owner_data import PostgresOwnerDataRepository
from adapters.postgres.reply_log import PostgresReplyLog
from domain.errors import ConversationNotFoundError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.maintenance import Holdings, OwnedRows
from tests.support.activity import until_sessions
from tests.support.reply_logs import World, new_conversation, said

DAY: Final = timedelta(days=1)
LATE: Final = IdempotencyKey(key="late", fingerprint=b"f")
TAKE_KEY: Final = "INSERT INTO idempotency_keys VALUES ($1, $2, '', gen_random_uuid(), 1, 1, now())"
AGE: Final = "UPDATE conversations SET updated_at = updated_at - interval '2 days' WHERE owner_id = $1"
WAITS: Final = "wait_event_type = 'Lock'"


@pytest.fixture
def world(database: Database) -> World:
    """Ann, her conversations, and the log of their replies."""
    ann = OwnerId(f"ann-{secrets.token_hex(6)}")
    return World(PostgresReplyLog(database), PostgresConversationRepository(database), ann)


async def keep_expired(database: Database, owner_id: OwnerId, *, conversations: int) -> list[ConversationId]:
    """Write conversations of one message, whose last activity is two days ago."""
    repository = PostgresConversationRepository(database)
    kept = [(await repository.create(owner_id, new_conversation("Hi"), None))[0].id for _ in range(conversations)]
    await database.fetch(AGE, (owner_id,))
    return kept


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(**DatabaseAddress.parse(url).arguments)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def patient(url: str) -> AsyncIterator[PostgresConversationRepository]:
    """A repository whose statements wait for locks for long."""
    settings = PoolSettings(size=1, command_timeout=50, lock_timeout=50)
    async with Database.connect(DatabaseAddress.parse(url), settings) as database:
        yield PostgresConversationRepository(database)


async def test_a_message_that_is_being_appended_saves_its_conversation(
    world: World, database: Database, database_url: str
) -> None:
    saved, _ = await keep_expired(database, world.ann, conversations=2)
    async with connected(database_url) as connection, patient(database_url) as repository:
        stalling = connection.transaction()
        await stalling.start()
        await connection.execute(TAKE_KEY, world.ann, LATE.stored)
        append = asyncio.create_task(repository.append(world.ann, saved, said("still here"), LATE))
        await until_sessions(database_url, WAITS)

        deleted = await PostgresOwnerDataRepository(database).delete_expired(world.ann, 10, DAY)

        await stalling.rollback()
        assert [message.seq for message in await append] == [2]
    left = await PostgresOwnerDataRepository(database).rows(world.ann)
    assert deleted == Holdings(conversations=1, messages=1)
    assert (left.conversations, left.messages) == (1, 2)


async def test_a_message_that_comes_second_finds_nothing_and_leaves_nothing(
    world: World, database: Database, database_url: str
) -> None:
    (gone,) = await keep_expired(database, world.ann, conversations=1)
    delete = owner_data.DELETE_EXPIRED
    async with connected(database_url) as connection, patient(database_url) as repository:
        deleting = connection.transaction()
        await deleting.start()
        await connection.fetch(delete.sql, *delete.arguments({"owner_id": world.ann, "limit": 10, "age": DAY}))
        append = asyncio.create_task(repository.append(world.ann, gone, said("too late"), LATE))
        await until_sessions(database_url, WAITS)

        await deleting.commit()

        with pytest.raises(ConversationNotFoundError):
            await append
    assert await PostgresOwnerDataRepository(database).rows(world.ann) == OwnedRows()


async def test_a_conversation_stays_while_a_reply_runs_in_it(world: World, database: Database) -> None:
    reply = await world.begin()
    await database.fetch(AGE, (world.ann,))
    data = PostgresOwnerDataRepository(database)

    assert await data.expired(world.ann, DAY) == Holdings()
    assert await data.delete_expired(world.ann, 10, DAY) == Holdings()
    assert await world.log.running(world.ann, reply.conversation_id) is not None


async def test_nothing_of_anothers_expires(world: World, database: Database) -> None:
    bob = OwnerId(f"{world.ann}-bob")
    for owner_id in (world.ann, bob):
        await keep_expired(database, owner_id, conversations=2)
    data = PostgresOwnerDataRepository(database)

    assert (await data.expired(world.ann, DAY)).conversations == 2
    assert (await data.delete_expired(world.ann, 1000, DAY)).conversations == 2
    assert (await data.holdings(bob)).conversations == 2
