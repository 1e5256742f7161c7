"""Migrating a database in use: several at once, beside writers, under timeouts, interrupted, behind a pooler."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.migrating import MigrationError, migrate
from adapters.postgres.revisions import newest_revision
from tests.support.commands import started
from tests.support.conversations import SAID, new_conversation
from tests.support.next_release import REVISION, write_next_release
from tests.support.schema import CONVERSATION, differences, insert

type Connection = asyncpg.Connection[asyncpg.Record]

BEFORE: Final = "0003"
"""The revision before the first one that builds an index beside writers."""
BUILD: Final = """
    FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock'
"""


@pytest.fixture
def address(empty_database_url: str) -> DatabaseAddress:
    return DatabaseAddress.parse(empty_database_url)


@pytest.fixture
async def observer(address: DatabaseAddress) -> AsyncIterator[Connection]:
    """A connection without a transaction."""
    connection = await asyncpg.connect(**address.arguments)
    yield connection
    await connection.close()


@pytest.fixture
async def writer(address: DatabaseAddress) -> AsyncIterator[Connection]:
    """A connection in a transaction that has written to a schema of the revision before."""
    await migrate(address, BEFORE)
    connection = await asyncpg.connect(**address.arguments)
    await connection.execute("BEGIN")
    await connection.execute("SET lock_timeout = '5s'")
    await connection.execute(insert("conversations", CONVERSATION))
    yield connection
    await connection.close()


async def configure(connection: Connection, *settings: str) -> None:
    """Give the database's new sessions these settings."""
    name = await connection.fetchval("SELECT current_database()")
    for setting in settings:
        await connection.execute(f"ALTER DATABASE {name} SET {setting}")


async def until_the_build_waits(migration: "asyncio.Task[Any]", observer: Connection, age: str = "0") -> None:
    """Return once the migration, in building an index, waits for a transaction; raise what ended it before."""
    waits = f"SELECT count(*) {BUILD} AND clock_timestamp() - query_start >= interval '{age}'"
    while not await observer.fetchval(waits):
        if migration.done():
            pytest.fail(f"it did not wait, and ended with {await migration}")
        await asyncio.sleep(0.01)


async def test_several_at_once_succeed_where_no_lock_may_be_waited_for(
    address: DatabaseAddress, observer: Connection
) -> None:
    await configure(observer, "lock_timeout = '1ms'")

    outcomes = await asyncio.gather(*(migrate(address) for _ in range(8)))

    assert {after for _, after in outcomes} == {newest_revision()}


async def test_writers_go_on_while_an_index_is_built(
    address: DatabaseAddress, writer: Connection, observer: Connection
) -> None:
    migration = asyncio.create_task(migrate(address))
    await until_the_build_waits(migration, observer)

    await writer.execute(insert("conversations", CONVERSATION))
    async with Database.connect(address, PoolSettings(size=1)) as pool:
        repository = PostgresConversationRepository(pool)
        await repository.append(*await new_conversation(repository), SAID, None)

    assert not migration.done()
    await writer.execute("COMMIT")
    assert await migration == (BEFORE, newest_revision())


async def test_an_index_is_built_whatever_timeouts_the_role_has(
    address: DatabaseAddress, writer: Connection, observer: Connection
) -> None:
    await configure(observer, "lock_timeout = '10ms'", "statement_timeout = '500ms'")

    migration = asyncio.create_task(migrate(address))
    await until_the_build_waits(migration, observer, "600ms")
    await writer.execute("COMMIT")

    assert await migration == (BEFORE, newest_revision())


async def test_an_index_whose_build_was_interrupted_is_built_anew(
    address: DatabaseAddress, writer: Connection, observer: Connection
) -> None:
    invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
    migration = asyncio.create_task(migrate(address))
    await until_the_build_waits(migration, observer)
    await observer.execute(f"SELECT pg_cancel_backend(pid) {BUILD}")
    with pytest.raises(asyncpg.QueryCanceledError):
        await migration
    left = await observer.fetchval(invalid)
    await writer.execute("COMMIT")

    outcome = await migrate(address)

    assert left == 1
    assert outcome == (BEFORE, newest_revision())
    assert await observer.fetchval(invalid) == 0
    assert await differences(address) == []


async def test_writers_go_on_while_a_revision_waits_for_its_lock(
    address: DatabaseAddress, observer: Connection, empty_database_url: str, tmp_path: Path
) -> None:
    await migrate(address)
    environment = {"DATABASE_URL": empty_database_url, **write_next_release(tmp_path)}
    await observer.execute("BEGIN; SELECT FROM messages")  # a long transaction, such as a backup's

    async with Database.connect(address, PoolSettings(size=1)) as pool:
        repository = PostgresConversationRepository(pool)
        with started("migrate", ready="once more", **environment) as (migration, _):
            await repository.append(*await new_conversation(repository), SAID, None)
            is_waiting = migration.poll() is None
            await observer.execute("COMMIT")
            ended = await asyncio.to_thread(migration.wait, 50)

    assert is_waiting
    assert ended == 0
    assert await observer.fetchval("SELECT version_num FROM ai_agent_revision") == REVISION


async def test_a_pooler_is_refused_while_there_is_something_to_do(empty_database_url: str) -> None:
    address = DatabaseAddress.parse(empty_database_url)
    joint = "&" if "?" in empty_database_url else "?"
    pooled = DatabaseAddress.parse(f"{empty_database_url}{joint}pgbouncer=true")

    with pytest.raises(MigrationError, match="pooler"):
        await migrate(pooled)
    assert await migrate(address) == (None, newest_revision())
    assert await migrate(pooled) == (newest_revision(), newest_revision())
