"""The database: a pool of connections, single statements, and the translation of the driver's errors."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

import asyncpg

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.compiling import Statement
from adapters.postgres.connecting import Connector, arguments_for
from adapters.postgres.observer import Observer, Retry
from adapters.postgres.places import Places
from adapters.postgres.violations import violation_of
from domain.errors import OwnerBusyError, UnavailableError

type _Acquired = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

_BROKEN: Final = (
    ConnectionError,
    asyncpg.InterfaceError,  # the connection or the pool was closed under us
    asyncpg.InternalClientError,  # asyncpg's state after the server ended an idle connection with a message
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
"""The connection was lost; another one may work."""

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
"""Failures that pass by themselves: the same statement may succeed later."""

_OF_ITS_VALUES: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""Errors that a statement's values cause: its caller knows what they mean."""

_OF_ITS_TEXT: Final = (*_OF_ITS_VALUES, asyncpg.SyntaxOrAccessError)
"""Those, and what a text that is no constant causes: it names what is missing, or forbidden to this role."""

_LEAST_OF_OWNER: Final = 2
_SHARE_OF_OWNER: Final = 5

_TELLING: Final = (TimeoutError, asyncpg.ReadOnlySQLTransactionError)
"""Errors that concern all connections: the server may be gone without a word, or may be a standby now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """The most connections of a process, and the most of them for one owner (None: a fifth, but two at least).

    The timeouts, in seconds, are for a free connection, a new one, a statement, a lock.
    """

    size: int = 10
    most_of_owner: int | None = None
    acquire_timeout: float = 2.0
    connect_timeout: float = 3.0
    command_timeout: float = 5.0
    lock_timeout: float = 1.0

    @property
    def places_of_owner(self) -> int:
        """How many statements of one owner run at once."""
        return self.most_of_owner or max(_LEAST_OF_OWNER, self.size // _SHARE_OF_OWNER)


class Database:
    """Runs statements on pooled connections, each in a transaction of its own."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", settings: PoolSettings, observer: Observer) -> None:
        self.observer = observer
        self._pool = pool
        self._acquire_timeout = settings.acquire_timeout
        self._places = Places(
            settings.size, settings.places_of_owner, seconds=settings.acquire_timeout, observer=observer
        )
        self._unfinished: set[asyncio.Task[Any]] = set()

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, address: DatabaseAddress, settings: PoolSettings, observer: Observer | None = None
    ) -> AsyncIterator[Self]:
        """Open the pool. It connects when a statement needs it, so this works while the database is away."""
        async with asyncpg.create_pool(
            **arguments_for(address, settings.lock_timeout),
            connect=Connector(),
            min_size=0,
            max_size=settings.size,
            timeout=settings.connect_timeout,
            command_timeout=settings.command_timeout,
            reset=_keep,
        ) as pool:
            database = cls(pool, settings, observer or Observer())
            try:
                yield database
            finally:
                await asyncio.gather(*database._unfinished, return_exceptions=True)

    async def rows(self, statement: Statement, *, may_repeat: bool = True, **values: Any) -> list[asyncpg.Record]:
        """All rows of a statement with these values.

        Raises UnavailableError when the database is away, full, too slow, or refuses to run anything; also when the
        tables are missing or forbidden to the role, as statements are constants that fit the tables. Errors that the
        values cause (SQLSTATE 22, 23) are raised as asyncpg's.

        With ``may_repeat``, a statement whose connection turns out to be dead is tried once more on another one; it may
        then have its effect twice.
        """
        return await self._run_for_owner(statement, values, may_repeat=may_repeat)

    async def row(self, statement: Statement, **values: Any) -> asyncpg.Record | None:
        """The first row, if there is one. Raises as ``rows`` does."""
        rows = await self._run_for_owner(statement, values, may_repeat=True)
        return rows[0] if rows else None

    async def write(self, statement: Statement, *, may_repeat: bool = False, **values: Any) -> asyncpg.Record | None:
        """The first row of a statement that writes. Once begun it is finished, also if the caller is cancelled."""
        end = asyncio.get_running_loop().create_future()
        task = self._finish(self._run_for_owner(statement, values, may_repeat=may_repeat), end)
        await end
        rows = task.result()
        return rows[0] if rows else None

    async def fetch(self, sql: str, arguments: Sequence[Any], *, name: str = "other") -> list[asyncpg.Record]:
        """All rows of a statement given as text. Raises as ``rows`` does, but errors of SQLSTATE 42 as asyncpg's."""
        return await self._run(name, sql, arguments, _OF_ITS_TEXT, may_repeat=True)

    async def fetch_row(self, sql: str, arguments: Sequence[Any], *, name: str = "other") -> asyncpg.Record | None:
        """The first row, if there is one. Raises as ``fetch`` does."""
        rows = await self.fetch(sql, arguments, name=name)
        return rows[0] if rows else None

    @property
    def most(self) -> int:
        """How many connections there may be."""
        return self._pool.get_max_size()

    @property
    def open(self) -> int:
        """How many connections there are."""
        return self._pool.get_size()

    @property
    def free(self) -> int:
        """How many statements could begin now."""
        return self.most - self._pool.get_size() + self._pool.get_idle_size()

    @property
    def waiting(self) -> int:
        """How many statements wait for a connection, or for others of their owner."""
        return self._places.waiting

    async def renew(self) -> None:
        """Stop using the connections that are open now; new ones are made instead."""
        await self._pool.expire_connections()

    async def _run_for_owner(
        self, statement: Statement, values: dict[str, Any], *, may_repeat: bool
    ) -> list[asyncpg.Record]:
        """All rows, once other statements of the same owner leave room for it. Raises OwnerBusyError if they do not."""
        owner_id, arguments = values.get("owner_id"), statement.arguments(values)
        try:
            await self._places.enter(owner_id)
        except TimeoutError as error:
            raise OwnerBusyError from error
        try:
            return await self._run(statement.name, statement.sql, arguments, _OF_ITS_VALUES, may_repeat=may_repeat)
        finally:
            self._places.leave(owner_id)

    async def _run(
        self, name: str, sql: str, arguments: Sequence[Any], passed_on: tuple[type[Exception], ...], *, may_repeat: bool
    ) -> list[asyncpg.Record]:
        """All rows. Here alone asyncpg's errors become UnavailableError, except those that are ``passed_on``."""
        try:
            return await self._attempt(sql, arguments, name)
        except passed_on:
            raise
        except asyncpg.InvalidCachedStatementError:
            self.observer.retried(Retry.SCHEMA_CHANGED)  # refused before it ran
        except _BROKEN as error:
            if not may_repeat:
                raise self._unavailable() from error
            self.observer.retried(Retry.CONNECTION_LOST)
        except (*PASSING, asyncpg.PostgresError) as error:
            raise self._unavailable() from error
        try:
            return await self._attempt(sql, arguments, name)
        except passed_on:
            raise
        except (*PASSING, asyncpg.PostgresError) as error:
            raise self._unavailable() from error

    def _unavailable(self) -> UnavailableError:
        self.observer.failed()
        return UnavailableError()

    async def _attempt(self, sql: str, arguments: Sequence[Any], name: str) -> list[asyncpg.Record]:
        # The pool has one timeout for waiting and for connecting: of many that wait, one that may connect at last would
        # have no time left.
        await self._places.take()
        try:
            connection = await self._pool.acquire()
        except BaseException as error:
            self._places.give_back()
            if isinstance(error, asyncpg.PostgresError) and not isinstance(error, _BROKEN):
                raise self._unavailable() from error  # whatever it says, nobody is let in
            raise
        begun_at = time.perf_counter()
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
        except BaseException as error:
            self.observer.broke_off(name, time.perf_counter() - begun_at, type(error))
            if isinstance(error, _TELLING):
                await self.renew()
            # What was given up is cancelled first; who gave it up does not wait for that.
            self._finish(self._release(connection, self._acquire_timeout))
            if violation := violation_of(error):
                raise violation from error
            raise
        self.observer.ran(name, time.perf_counter() - begun_at)
        await self._release(connection, None)
        return rows

    async def _release(self, connection: _Acquired, seconds: float | None) -> None:
        try:
            await self._pool.release(connection, timeout=seconds)
        finally:
            self._places.give_back()

    def _finish[Result](
        self, begun: Coroutine[Any, Any, Result], end: "asyncio.Future[None] | None" = None
    ) -> "asyncio.Task[Result]":
        """Run it to its end, also when nobody waits for it any more.

        ``end`` is for the caller to wait for, and to cancel; asyncio.shield does the same at twice the cost.
        """
        task = asyncio.create_task(begun)
        self._unfinished.add(task)
        task.add_done_callback(partial(self._finished, end=end))
        return task

    def _finished(self, task: "asyncio.Task[Any]", end: "asyncio.Future[None] | None") -> None:
        self._unfinished.discard(task)
        if not task.cancelled():
            task.exception()  # if nobody waits for it any more, nobody need be told
        if end is not None and not end.done():
            end.set_result(None)


async def _keep(connection: object) -> None:
    """Reset nothing on a returned connection: statements leave nothing behind, and a reset is a round trip."""
