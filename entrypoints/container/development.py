"""A developer's database: an embedded PostgreSQL with better-auth's tables and one signed-in user."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.better_auth import development
from adapters.embedded_postgres.server import EmbeddedPostgres, EmbeddedPostgresError
from adapters.postgres.database import Database, PoolSettings
from entrypoints.container.operations import OperationError
from entrypoints.container.wiring import address_of
from entrypoints.settings import Settings


@contextmanager
def embedded_database(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL on this folder while the context lasts; yields its URL. Raises OperationError."""
    server = EmbeddedPostgres(folder)
    try:
        server.start()
    except EmbeddedPostgresError as error:
        raise OperationError(str(error)) from error
    try:
        yield server.url
    finally:
        server.stop()


async def open_development_session(settings: Settings) -> str:
    """Sign the development user in and return the session's token; creates better-auth's tables if they are missing."""
    async with Database.connect(address_of(settings), PoolSettings(size=1)) as database:
        if not await development.has_tables(database):
            await development.create_tables(database)
        return await development.open_session(database)
