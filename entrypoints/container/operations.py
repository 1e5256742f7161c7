"""Operations on the database: migrate its schema, and check whether the service can run on it."""

from collections.abc import Sequence

import asyncpg

from adapters.better_auth.layout import Layout
from adapters.better_auth.names import LayoutError
from adapters.postgres import migrating
from adapters.postgres.database import PASSING, Database, PoolSettings
from adapters.postgres.readiness import NotWritableError, PostgresReadiness
from domain.errors import UnavailableError
from entrypoints.container.wiring import address_of, names_of
from entrypoints.settings import Settings


class OperationError(Exception):
    """An operation failed; the message is one line, without the database's URL and without secrets."""


async def migrate(settings: Settings) -> tuple[str | None, str | None]:
    """Bring the schema to the newest revision. Returns the revisions before and after. Raises OperationError."""
    try:
        return await migrating.migrate(address_of(settings))
    except (*PASSING, asyncpg.PostgresError, migrating.MigrationError) as error:
        raise OperationError(f"The database can't be migrated: {reason_of(error)}") from error


async def require_fit_database(settings: Settings) -> Sequence[str]:
    """Raise OperationError if the database answers, but the service can't run on it.

    Returns warnings, one line each: a database that is away, as it may come back, and what works but should be changed.
    """
    names = names_of(settings)
    async with Database.connect(address_of(settings), PoolSettings(size=1)) as database:
        try:
            await PostgresReadiness(database).check()
            return (await Layout.discover(database, names)).warnings
        except NotWritableError as error:
            return [f"{error} The service starts, and is ready once it can be."]
        except UnavailableError as error:
            reason = reason_of(error.__cause__ or error)
            if not isinstance(error.__cause__, PASSING):
                raise OperationError(reason) from None
            return [f"the database is away ({reason}); the service starts, and answers once it is back"]
        except (LayoutError, asyncpg.PostgresError) as error:
            raise OperationError(reason_of(error)) from None


def reason_of(error: BaseException) -> str:
    """The first line of an error's message, or its type."""
    return next(iter(str(error).splitlines()), type(error).__name__)
