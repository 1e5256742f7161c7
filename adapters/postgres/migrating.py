"""Migrating: brings the schema up or down to a revision; several may be started at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.climbing import climb, error_of_driver
from adapters.postgres.revisions import REVISION_TABLE, is_current

_LOCK: Final = 7_022_761_931_224_881_523
"""The advisory lock of our migrations; it ends with the session."""
_PAUSE: Final = 0.1
"""Seconds between two attempts to take the lock."""
_WITHOUT_TIMEOUTS: Final = """
    SELECT set_config(name, '0', false) FROM pg_settings
    WHERE name IN ('lock_timeout', 'statement_timeout', 'transaction_timeout')
"""
"""A migration may take longer than a request. ``transaction_timeout`` is known from PostgreSQL 17 on."""


class MigrationError(Exception):
    """The database can't be migrated; the message is one line."""


async def migrate(address: DatabaseAddress, to: str = "head") -> tuple[str | None, str | None]:
    """Bring the schema up to a revision (``head`` is the newest), or down to none (``base``).

    Returns the revisions before and after. Each revision is committed by itself: after an interruption the next
    migration begins with the revision that was interrupted. Concurrent migrations wait for each other. Raises
    asyncpg's errors, and MigrationError.
    """
    async with _connected(address) as connection:
        await connection.run_sync(_require_encoding)
        if not address.is_pooled:
            await _wait_for_turn(connection)
        before = await connection.run_sync(_current)
        if to == "head" and is_current(before):
            return before, before
        if address.is_pooled:
            raise MigrationError("a pooler lends no session: give the database's own address as MIGRATION_DATABASE_URL")
        await climb(connection, to)
        return before, await connection.run_sync(_current)


async def revision_of(address: DatabaseAddress) -> str | None:
    """The schema's revision, or None if it has none. Raises asyncpg's errors, and MigrationError."""
    async with _connected(address) as connection:
        await connection.run_sync(_require_encoding)
        return await connection.run_sync(_current)


@asynccontextmanager
async def _connected(address: DatabaseAddress) -> AsyncIterator[AsyncConnection]:
    """A connection as Alembic needs it. Raises asyncpg's errors."""

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(**address.arguments)

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        poolclass=NullPool,
        isolation_level="READ COMMITTED",  # who waited for the lock must see what was done meanwhile
    )
    try:
        async with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise error_of_driver(error) from error
    finally:
        await engine.dispose()


async def _wait_for_turn(connection: AsyncConnection) -> None:
    """Wait until no other migration runs, with short statements and without an open transaction.

    CREATE INDEX CONCURRENTLY waits for all older transactions: a migration that waited in one would block it.
    """
    await connection.execute(text(_WITHOUT_TIMEOUTS))
    while not await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}):
        await connection.commit()
        await asyncio.sleep(_PAUSE)
    await connection.commit()


def _require_encoding(connection: Connection) -> None:
    with connection.begin():
        encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise MigrationError(f"the database's encoding is {encoding}, so it can't keep all texts: it must be UTF8")


def _current(connection: Connection) -> str | None:
    with connection.begin():
        exists = connection.execute(text("SELECT to_regclass(:name)"), {"name": REVISION_TABLE}).scalar()
        if exists is None:
            return None
        return connection.execute(text(f"SELECT version_num FROM {REVISION_TABLE}")).scalar()  # noqa: S608 - a constant
