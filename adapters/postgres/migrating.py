"""Migrating: runs Alembic up to the newest revision, or to any other; safe when several start at once."""

from functools import cache
from typing import Final, Literal

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from adapters.postgres.address import DatabaseAddress

REVISION_TABLE: Final = "ai_agent_revision"
"""Not Alembic's usual name: the database is shared."""
_LOCK: Final = 7_022_761_931_224_881_523
"""An advisory lock that only our migrations take; it ends with their transaction."""


class EncodingError(Exception):
    """The database's encoding can't keep all texts; the message is one line."""


async def migrate(address: DatabaseAddress, to: Literal["head", "base"] = "head") -> tuple[str | None, str | None]:
    """Bring the schema up to the newest revision, or down to none, in one transaction; the revisions before and after.

    Others that migrate at the same time wait and then find nothing to do. Raises what asyncpg does, and EncodingError.
    """

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(**address.arguments)

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        poolclass=NullPool,
        isolation_level="READ COMMITTED",  # who waited for the lock must see what was done meanwhile
    )
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_climb, to)
    except DBAPIError as error:
        raise _of_driver(error) from error
    finally:
        await engine.dispose()


def _of_driver(error: DBAPIError) -> BaseException:
    """What asyncpg raised; SQLAlchemy wraps it twice."""
    return (error.orig and error.orig.__cause__) or error


@cache
def newest_revision() -> str | None:
    """The revision that this code was written for."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _climb(connection: Connection, to: Literal["head", "base"]) -> tuple[str | None, str | None]:
    encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise EncodingError(f"the database's encoding is {encoding}, so it can't keep all texts: it must be UTF8")
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    before = _current(connection)
    config = _config()
    config.attributes["connection"] = connection
    (command.upgrade if to == "head" else command.downgrade)(config, to)
    return before, _current(connection)


def _current(connection: Connection) -> str | None:
    exists = connection.execute(text("SELECT to_regclass(:name)"), {"name": REVISION_TABLE}).scalar()
    if exists is None:
        return None
    return connection.execute(text(f"SELECT version_num FROM {REVISION_TABLE}")).scalar()  # noqa: S608 - a constant


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "migrations:")
    return config
