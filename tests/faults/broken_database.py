"""What stands in the place of parts of the database's access when it is broken on purpose."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any, Final

import asyncpg

from adapters.postgres import writes
from adapters.postgres.compiling import Statement
from adapters.postgres.database import Database
from adapters.postgres.readiness import PostgresReadiness
from domain.errors import UnavailableError

_SECONDS_BEFORE_COMMIT: Final = 0.05
_SECONDS_OF_BREAKER: Final = 4.0
_failed_at: Final = [-_SECONDS_OF_BREAKER]
_tasks: Final[set["asyncio.Task[None]"]] = set()

_attempt = Database._attempt
_write = Database.write


async def is_ready(_: PostgresReadiness) -> None:
    """Not look whether PostgreSQL is durable."""


async def attempt_behind_a_breaker(
    database: Database, sql: str, arguments: Sequence[Any], name: str
) -> list[asyncpg.Record]:
    """Refuse for some seconds after a failure, though all be well again."""
    if time.monotonic() < _failed_at[0] + _SECONDS_OF_BREAKER:
        raise UnavailableError
    try:
        return await _attempt(database, sql, arguments, name)
    except OSError:
        _failed_at[0] = time.monotonic()
        raise


async def attempt_and_leave_open(
    database: Database, sql: str, arguments: Sequence[Any], _name: str
) -> list[asyncpg.Record]:
    """Run a statement in a transaction that nobody ends if it fails."""
    connection = await database._pool.acquire(timeout=database._acquire_timeout)
    await connection.execute("BEGIN")
    rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
    await connection.execute("COMMIT")
    await database._pool.release(connection)
    return rows


async def write_twice_if_need_be(
    database: Database, statement: Statement, *, may_repeat: bool = False, **values: Any
) -> asyncpg.Record | None:
    """Write, and once more where the connection broke, though no key lets only one through."""
    del may_repeat
    return await _write(database, statement, may_repeat=True, **values)


async def write_and_commit_later(
    database: Database, statement: Statement, *, may_repeat: bool = False, **values: Any
) -> asyncpg.Record | None:
    """Write, and acknowledge an append before the commit; a reply's own writes follow on one another."""
    if statement is not writes.APPEND:
        return await _write(database, statement, may_repeat=may_repeat, **values)
    written: asyncio.Future[asyncpg.Record | None] = asyncio.get_running_loop().create_future()

    async def write() -> None:
        try:
            async with database._pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(statement.sql, *statement.arguments(values))
                written.set_result(rows[0] if rows else None)
                await asyncio.sleep(_SECONDS_BEFORE_COMMIT)
        except Exception as error:  # noqa: BLE001 - passed on, if there still is somebody to tell
            if not written.done():
                written.set_exception(error)

    go_on(write())
    return await written


def go_on(work: Coroutine[Any, Any, None]) -> None:
    """Leave work to go on by itself."""
    task = asyncio.create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
