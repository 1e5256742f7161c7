"""Operations on the database: migrate its schema, and check whether the service can run on it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import asyncpg

from adapters.better_auth.layout import Layout
from adapters.better_auth.names import LayoutError
from adapters.postgres import migrating
from adapters.postgres.database import PASSING, Database, PoolSettings
from adapters.postgres.readiness import NotWritableError, PostgresReadiness
from adapters.postgres.revisions import is_current
from adapters.postgres.scripting import script
from domain.errors import UnavailableError
from entrypoints.container.responders import check_responder
from entrypoints.container.wiring import address_of, migration_address_of, names_of
from entrypoints.errors import OneLineError
from entrypoints.settings import Settings
from entrypoints.tracing.checking import check_tracing


class OperationError(OneLineError):
    """An operation failed."""


def check_settings(settings: Settings) -> None:
    """Raise SettingsError for the first setting with which ``serve`` or ``migrate`` would not start."""
    settings.require_authentication()
    address_of(settings)
    migration_address_of(settings)
    names_of(settings)
    check_responder(settings)
    check_tracing()


async def migrate(settings: Settings) -> tuple[str | None, str | None]:
    """Bring the schema to the newest revision. Returns the revisions before and after. Raises OperationError."""
    with _failing("The database can't be migrated"):
        return await migrating.migrate(migration_address_of(settings))


async def check_schema(settings: Settings) -> tuple[str | None, bool]:
    """The schema's revision, or None if it has none, and whether it is current. Raises OperationError."""
    with _failing("The schema can't be checked"):
        revision = await migrating.revision_of(migration_address_of(settings))
        return revision, is_current(revision)


async def script_migration(settings: Settings) -> str:
    """The SQL that ``migrate`` would run on the database; empty if there is nothing to do. Raises OperationError."""
    revision, is_newest = await check_schema(settings)
    return "" if is_newest else script(revision)


async def require_fit_database(settings: Settings, *, must_answer: bool = False) -> Sequence[str]:
    """Raise OperationError if the database answers, but the service can't run on it.

    Returns warnings, one line each: a database that is away or can't be written to, as that may pass, and what works
    but should be changed. With ``must_answer`` the first two are errors too.
    """
    names = names_of(settings)
    async with Database.connect(address_of(settings), PoolSettings(size=1)) as database:
        try:
            await PostgresReadiness(database).check()
            return (await Layout.discover(database, names)).warnings
        except NotWritableError as error:
            if must_answer:
                raise OperationError(str(error)) from None
            return [f"{error} The service starts, and is ready once it can be."]
        except UnavailableError as error:
            reason = reason_of(error.__cause__ or error)
            if must_answer or not isinstance(error.__cause__, PASSING):
                raise OperationError(reason) from None
            return [f"the database is away ({reason}); the service starts, and answers once it is back"]
        except (LayoutError, asyncpg.PostgresError) as error:
            raise OperationError(reason_of(error)) from None


@contextmanager
def _failing(what: str) -> Iterator[None]:
    """Raise OperationError that begins with ``what`` instead of an error of the driver or of the migration."""
    try:
        yield
    except (*PASSING, asyncpg.PostgresError, migrating.MigrationError) as error:
        raise OperationError(f"{what}: {reason_of(error)}") from error


def reason_of(error: BaseException) -> str:
    """The first line of an error's message, or its type."""
    return next(iter(str(error).splitlines()), type(error).__name__)
