"""Transactions over several round trips, for jobs alone (ADR 18): each has a connection of its own."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol

import asyncpg

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.compiling import Statement
from adapters.postgres.connecting import Connector, arguments_for
from adapters.postgres.database import PASSING, PoolSettings
from adapters.postgres.violations import violation_of
from domain.errors import UnavailableError


class StatementRunner(Protocol):
    """Runs statements: the database does, each in a transaction of its own, and a transaction does, all in one."""

    async def rows(self, statement: Statement, **values: Any) -> list[asyncpg.Record]:
        """All rows of a statement with these values. Raises UnavailableError when the database is away."""


class Transaction(StatementRunner):
    """A transaction that is open. After an error nothing more can be run in it."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def rows(self, statement: Statement, **values: Any) -> list[asyncpg.Record]:
        """As the database's. Errors that the values cause (SQLSTATE 22, 23) are raised as asyncpg's."""
        with _translated():
            return await self._connection.fetch(statement.sql, *statement.arguments(values))


@asynccontextmanager
async def open_snapshot(address: DatabaseAddress, settings: PoolSettings) -> AsyncIterator[Transaction]:
    """A transaction that only reads, and sees everything as it was at its first statement. Raises UnavailableError."""
    async with _connected(address, settings) as connection:
        with _translated():
            await connection.transaction(isolation="repeatable_read", readonly=True).start()
        yield Transaction(connection)


@asynccontextmanager
async def open_transaction(address: DatabaseAddress, settings: PoolSettings) -> AsyncIterator[Transaction]:
    """A transaction that is committed at the end, unless something was raised. Raises UnavailableError."""
    async with _connected(address, settings) as connection:
        transaction = connection.transaction()
        with _translated():
            await transaction.start()
        yield Transaction(connection)
        with _translated():
            await transaction.commit()


@asynccontextmanager
async def _connected(
    address: DatabaseAddress, settings: PoolSettings
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    with _translated():
        connection: asyncpg.Connection[asyncpg.Record] = await Connector()(
            **arguments_for(address, settings.lock_timeout),
            timeout=settings.connect_timeout,
            command_timeout=settings.command_timeout,
        )
    try:
        yield connection
    finally:
        connection.terminate()  # whoever interrupts it does not wait; the server rolls back what is not committed


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
        raise
    except (*PASSING, asyncpg.PostgresError) as error:
        raise violation_of(error) or UnavailableError() from error
