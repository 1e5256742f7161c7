"""The jobs that an operator schedules, on the database."""

from collections.abc import Callable
from typing import Final

import asyncpg

from adapters.better_auth.layout import Layout
from adapters.better_auth.names import LayoutError
from adapters.better_auth.users import BetterAuthUserDirectory
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.maintenance import PostgresOwnedData
from adapters.postgres.readiness import PostgresReadiness
from application.purge_orphans import PurgeOrphans, PurgeTotals
from domain.errors import AiAgentError
from domain.identifiers import OwnerId
from domain.maintenance import Holdings
from entrypoints.container.operations import OperationError, reason_of
from entrypoints.container.wiring import address_of, names_of
from entrypoints.settings import Settings

_STATEMENT_SECONDS: Final = 600.0
"""Nobody waits for a job, and a conversation goes in one statement, be it of millions of messages."""


async def purge_orphans(
    settings: Settings, *, delete: bool, batch_size: int, report: Callable[[OwnerId, Holdings], None]
) -> PurgeTotals:
    """Find, and with ``delete`` remove, what belongs to owners who are no longer users. Raises OperationError."""
    address, names = address_of(settings), names_of(settings)
    pool = PoolSettings(
        size=1,
        acquire_timeout=settings.database_acquire_timeout,
        connect_timeout=settings.database_connect_timeout,
        command_timeout=_STATEMENT_SECONDS,
    )
    try:
        async with Database.connect(address, pool) as database:
            await PostgresReadiness(database).check()
            layout = await Layout.discover(database, names)
            users = BetterAuthUserDirectory(database, user_table=layout.user_table, user_id=layout.user_id)
            purge = PurgeOrphans(PostgresOwnedData(database), users)
            return await purge(delete=delete, batch_size=batch_size, report=report)
    except (AiAgentError, LayoutError, asyncpg.PostgresError) as error:
        raise OperationError(f"Orphans can't be purged: {reason_of(error.__cause__ or error)}") from error
