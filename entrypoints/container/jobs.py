"""The jobs that an operator schedules, wired to the database."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import asyncpg

from adapters.better_auth.layout import Layout
from adapters.better_auth.names import LayoutError
from adapters.better_auth.users import BetterAuthUserDirectory
from adapters.postgres.consistency_reader import PostgresConsistencyReader
from adapters.postgres.conversation_import import PostgresConversationImport
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.owner_archive import PostgresOwnerArchive
from adapters.postgres.owner_data import PostgresOwnerDataRepository
from adapters.postgres.readiness import PostgresReadiness
from adapters.postgres.transactions import open_snapshot, open_transaction
from application.check_consistency import CheckConsistency, CheckTotals
from application.erase_owner import EraseOwner, Erasure
from application.export_owner import ExportOwner
from application.import_conversations import ImportConversations, ImportTotals
from application.progress import ReportProgress, Tally, unheard
from application.purge_expired import PurgeExpired
from application.purge_keys import PurgeKeys
from application.purge_orphans import PurgeOrphans, PurgeTotals
from domain.consistency import Finding
from domain.conversation import Conversation
from domain.errors import AiAgentError, RuleViolationError, TooManyExpiredError, TooManyOrphansError
from domain.identifiers import OwnerId
from domain.imports import ImportedMessage
from domain.maintenance import Holdings
from domain.message import Message
from domain.principal import Principal
from entrypoints.container.operations import OperationError, reason_of
from entrypoints.container.wiring import address_of, names_of
from entrypoints.settings import Settings

_STATEMENT_SECONDS: Final = 600.0
"""Nobody waits for a job, and a conversation is read, or goes, in one statement, be it of millions of messages."""


async def purge_orphans(
    settings: Settings,
    *,
    delete: bool,
    batch_size: int,
    largest_share: int,
    report: Callable[[OwnerId, Holdings], None],
    progress: ReportProgress = unheard,
) -> PurgeTotals:
    """Count what belongs to owners who are no longer users; delete it with ``delete``. Raises OperationError."""
    names = names_of(settings)
    failure = "Orphans can't be purged"
    async with _database(settings, failure) as database:
        layout = await Layout.discover(database, names)
        users = BetterAuthUserDirectory(database, user_table=layout.user_table, user_id=layout.user_id)
        purge = PurgeOrphans(PostgresOwnerDataRepository(database), users)
        try:
            return await purge(
                delete=delete, batch_size=batch_size, largest_share=largest_share, report=report, progress=progress
            )
        except TooManyOrphansError as error:
            percent = -(-error.orphans * 100 // error.owners)
            raise OperationError(f"{failure}: {error} --largest-share {percent} deletes them.") from error


async def purge_expired(
    settings: Settings, *, delete: bool, batch_size: int, largest_share: int, progress: ReportProgress
) -> Holdings:
    """Count the conversations that RETENTION_DAYS lets expire; delete them with ``delete``. Raises OperationError."""
    retention = settings.require_retention()
    failure = "Expired conversations can't be purged"
    async with _database(settings, failure) as database:
        purge = PurgeExpired(PostgresOwnerDataRepository(database))
        try:
            return await purge(
                older_than=retention,
                delete=delete,
                batch_size=batch_size,
                largest_share=largest_share,
                progress=progress,
            )
        except TooManyExpiredError as error:
            percent = -(-error.expired * 100 // error.conversations)
            raise OperationError(f"{failure}: {error} --largest-share {percent} deletes them.") from error


async def purge_keys(settings: Settings, *, older_than: timedelta, batch_size: int, progress: ReportProgress) -> int:
    """Delete idempotency keys that are older than this. Returns how many. Raises OperationError."""
    async with _database(settings, "Keys can't be purged") as database:
        purge = PurgeKeys(PostgresOwnerDataRepository(database))
        return await purge(older_than=older_than, batch_size=batch_size, progress=progress)


async def erase_owner(settings: Settings, owner_id: OwnerId, *, batch_size: int, progress: ReportProgress) -> Erasure:
    """Delete everything of one owner, and look again. Raises OperationError."""
    async with _database(settings, "The erasure is not complete, run it again") as database:
        erase = EraseOwner(PostgresOwnerDataRepository(database))
        return await erase(owner_id, batch_size=batch_size, progress=progress)


async def export_owner(
    settings: Settings,
    owner_id: OwnerId,
    report: Callable[[Conversation | Message], None],
    progress: ReportProgress,
) -> None:
    """Read everything of one owner at one instant; ``report`` is called with each entry. Raises OperationError."""
    async with (
        _database(settings, "The export is not complete") as database,
        open_snapshot(address_of(settings), _pool(settings)) as snapshot,
    ):
        holdings = await PostgresOwnerDataRepository(database).holdings(owner_id)
        tally = Tally(progress, all_rows=holdings.total)
        async for entry in ExportOwner(PostgresOwnerArchive(snapshot))(Principal.agent(on_behalf_of=owner_id)):
            report(entry)
            tally.add(rows=1)


async def import_conversations(
    settings: Settings,
    owner_id: OwnerId,
    entries: Iterable[Conversation | ImportedMessage],
    place: Callable[[], str],
) -> ImportTotals:
    """Write all of the entries for one owner, or none. Raises OperationError; ``place`` tells which entry was wrong."""
    async with (
        _database(settings, "The import is not complete, run it again"),
        open_transaction(address_of(settings), _pool(settings)) as transaction,
    ):
        try:
            return await ImportConversations(PostgresConversationImport(transaction))(owner_id, entries)
        except RuleViolationError as error:
            raise OperationError(f"Nothing was imported. {place()}: {error.field} {error}") from error


async def check_consistency(
    settings: Settings, report: Callable[[Finding], None], progress: ReportProgress
) -> CheckTotals:
    """Check what is stored for damage, and change nothing. Raises OperationError."""
    async with _database(settings, "The database can't be checked") as database:
        return await CheckConsistency(PostgresConsistencyReader(database))(report, progress)


@asynccontextmanager
async def _database(settings: Settings, failure: str) -> AsyncIterator[Database]:
    try:
        async with Database.connect(address_of(settings), _pool(settings)) as database:
            await PostgresReadiness(database).check_schema()
            yield database
    except (AiAgentError, LayoutError, asyncpg.PostgresError) as error:
        raise OperationError(f"{failure}: {reason_of(error.__cause__ or error)}") from error


def _pool(settings: Settings) -> PoolSettings:
    return PoolSettings(
        size=1,
        acquire_timeout=settings.database_acquire_timeout,
        connect_timeout=settings.database_connect_timeout,
        command_timeout=_STATEMENT_SECONDS,
        lock_timeout=_STATEMENT_SECONDS,
    )
