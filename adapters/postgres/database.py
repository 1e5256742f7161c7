"""The database: a pool of connections that runs one statement at a time and knows which failures pass."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import asyncpg

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.compiling import Statement
from adapters.postgres.connecting import Connector, arguments_for
from domain.errors import UnavailableError

type _Acquired = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

_BROKEN: Final = (
    ConnectionError,
    asyncpg.InterfaceError,  # the connection or the pool was closed under us
    asyncpg.InternalClientError,  # asyncpg's state after the server ended an idle connection with a message
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
"""The connection was lost: another one may do."""

PASSING: Final = (
    *_BROKEN,
    OSError,  # unreachable; TimeoutError is one of them
    asyncpg.InsufficientResourcesError,  # too many connections, disk full, out of memory
    asyncpg.OperatorInterventionError,  # starting up, statement cancelled
    asyncpg.PostgresSystemError,  # its disk fails
    asyncpg.InternalServerError,  # it fails; so say Neon's proxy and its storage of what they can't reach
    asyncpg.TransactionRollbackError,  # a deadlock, a conflict on a standby
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, or a primary that was demoted
)
"""What passes by itself: the same statement may succeed in a moment."""

_OF_ITS_VALUES: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""What a statement's values cause: whoever runs it knows what that means."""

_OF_ITS_TEXT: Final = (*_OF_ITS_VALUES, asyncpg.SyntaxOrAccessError)
"""What its text causes besides, where that is no constant: what it names is not there, or not this role's."""

_TELLING: Final = (TimeoutError, asyncpg.ReadOnlySQLTransactionError)
"""What a statement on one connection tells of all others: the server may be gone without a word, or a standby now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """Connections of one process, and how long to wait (seconds) for one, a new one, a statement, a lock."""

    size: int = 10
    acquire_timeout: float = 2.0
    connect_timeout: float = 3.0
    command_timeout: float = 5.0
    lock_timeout: float = 1.0


class Database:
    """Runs statements, each its own transaction, on pooled connections."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", acquire_timeout: float) -> None:
        self._pool = pool
        self._acquire_timeout = acquire_timeout
        self._places = asyncio.Semaphore(pool.get_max_size())
        self._unfinished: set[asyncio.Task[Any]] = set()

    @classmethod
    @asynccontextmanager
    async def connect(cls, address: DatabaseAddress, settings: PoolSettings) -> AsyncIterator[Self]:
        """Open the pool. Connections are made when they are needed, so this works while the database is away."""
        async with asyncpg.create_pool(
            **arguments_for(address, settings.lock_timeout),
            connect=Connector(),
            min_size=0,
            max_size=settings.size,
            timeout=settings.connect_timeout,
            command_timeout=settings.command_timeout,
            reset=_keep,
        ) as pool:
            database = cls(pool, settings.acquire_timeout)
            try:
                yield database
            finally:
                await asyncio.gather(*database._unfinished, return_exceptions=True)

    async def rows(self, statement: Statement, *, may_repeat: bool = True, **values: Any) -> list[asyncpg.Record]:
        """All rows of a statement of ours, with these values.

        Raises UnavailableError when the database is away, full, too slow, or refuses to run anything; also when it
        does not have the tables, or not for this role: the statements are constants, and fit the tables. On a
        connection that turns out to be dead the statement is tried once more, on another one; ``may_repeat`` says that
        this does no harm, though the first try may have had its effect. What the values cause (SQLSTATE 22, 23) is
        raised as asyncpg has it.
        """
        return await self._run(statement.sql, statement.arguments(values), _OF_ITS_VALUES, may_repeat=may_repeat)

    async def row(self, statement: Statement, **values: Any) -> asyncpg.Record | None:
        """The first row, if there is one. Raises as ``rows`` does."""
        rows = await self._run(statement.sql, statement.arguments(values), _OF_ITS_VALUES, may_repeat=True)
        return rows[0] if rows else None

    async def write(self, statement: Statement, *, may_repeat: bool = False, **values: Any) -> asyncpg.Record | None:
        """The first row of a statement that writes; once begun it is finished, even if the caller is cancelled."""
        arguments = statement.arguments(values)
        run = self._run(statement.sql, arguments, _OF_ITS_VALUES, may_repeat=may_repeat)
        rows = await asyncio.shield(self._finish(run))
        return rows[0] if rows else None

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        """All rows of any text. What that causes (SQLSTATE 42) is raised as asyncpg has it, the rest as by ``rows``."""
        return await self._run(sql, arguments, _OF_ITS_TEXT, may_repeat=True)

    async def fetch_row(self, sql: str, arguments: Sequence[Any]) -> asyncpg.Record | None:
        """The first row, if there is one. Raises as ``fetch`` does."""
        rows = await self.fetch(sql, arguments)
        return rows[0] if rows else None

    async def renew(self) -> None:
        """Use no connection any more that is open now."""
        await self._pool.expire_connections()

    async def _run(
        self, sql: str, arguments: Sequence[Any], passed_on: tuple[type[Exception], ...], *, may_repeat: bool
    ) -> list[asyncpg.Record]:
        """All rows; the one place where asyncpg's errors become the port's, but for those that are ``passed_on``."""
        try:
            return await self._attempt(sql, arguments)
        except passed_on:
            raise
        except asyncpg.InvalidCachedStatementError:
            pass  # a table was altered since it was prepared: refused before it ran
        except _BROKEN as error:
            if not may_repeat:
                raise UnavailableError from error
        except (*PASSING, asyncpg.PostgresError) as error:
            raise UnavailableError from error
        try:
            return await self._attempt(sql, arguments)
        except passed_on:
            raise
        except (*PASSING, asyncpg.PostgresError) as error:
            raise UnavailableError from error

    async def _attempt(self, sql: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        await self._wait_for_place()
        try:
            connection = await self._pool.acquire()
        except BaseException as error:
            self._places.release()
            if isinstance(error, asyncpg.PostgresError) and not isinstance(error, _BROKEN):
                raise UnavailableError from error  # whatever it says, nobody is let in
            raise
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
        except BaseException as error:
            if isinstance(error, _TELLING):
                await self.renew()
            # What was given up is cancelled first; who gave it up does not wait for that.
            self._finish(self._release(connection, self._acquire_timeout))
            raise
        await self._release(connection, None)
        return rows

    async def _wait_for_place(self) -> None:
        """Wait until a connection is free, or may be made; the making has a time of its own.

        The pool would count both as one: when many wait, who comes to make one would have no time left for it.
        """
        if self._places.locked():
            async with asyncio.timeout(self._acquire_timeout):
                await self._places.acquire()
        else:
            await self._places.acquire()

    async def _release(self, connection: _Acquired, seconds: float | None) -> None:
        try:
            await self._pool.release(connection, timeout=seconds)
        finally:
            self._places.release()

    def _finish[Result](self, begun: Coroutine[Any, Any, Result]) -> "asyncio.Task[Result]":
        """Let it end, even if nobody waits for it any more."""
        task = asyncio.create_task(begun)
        self._unfinished.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: "asyncio.Task[Any]") -> None:
        self._unfinished.discard(task)
        if not task.cancelled():
            task.exception()  # if nobody waits for it any more, nobody need be told


async def _keep(connection: object) -> None:
    """Leave a returned connection as it is: statements leave nothing behind, and asyncpg's reset is a round trip."""
