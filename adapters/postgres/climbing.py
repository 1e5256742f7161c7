"""Climbing: runs Alembic's revisions, so that writers do not wait for one that waits for a lock."""

import asyncio
import logging
from typing import Final

import asyncpg
from alembic import command
from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.revisions import alembic_config

_log = logging.getLogger(__name__)

LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '250ms'"
"""Well below a service's DATABASE_LOCK_TIMEOUT, since writers wait behind a revision that waits for a lock."""
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 15.0
"""Seconds between two attempts."""


async def climb(connection: AsyncConnection, to: str) -> None:
    """Run the revisions up to this one, or down to ``base``; each is one transaction.

    A revision that does not get a lock in time is rolled back, and run once more after a pause, for as long as it
    takes. What it runs outside of its transaction, as CREATE INDEX CONCURRENTLY, blocks no writer and waits without a
    limit. Raises SQLAlchemy's DBAPIError.
    """
    event.listen(connection.sync_connection, "begin", _limit_waiting)
    pause = _FIRST_PAUSE
    while True:
        try:
            return await connection.run_sync(_run, to)
        except DBAPIError as error:
            if not isinstance(error_of_driver(error), asyncpg.LockNotAvailableError):
                raise
        await connection.rollback()
        _log.warning("Another transaction holds a lock that a revision needs; once more in %g s", pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def error_of_driver(error: DBAPIError) -> BaseException:
    """The error that asyncpg raised, which SQLAlchemy has wrapped twice."""
    return (error.orig and error.orig.__cause__) or error


def _run(connection: Connection, to: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    (command.downgrade if to == "base" else command.upgrade)(config, to)


def _limit_waiting(connection: Connection) -> None:
    """Limit how long the transaction that begins waits for a lock; Alembic also begins where none is wanted."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql(LOCK_TIMEOUT)
