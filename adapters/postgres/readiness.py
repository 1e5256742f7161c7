"""Readiness of the database: it answers, it is as the promises need it, and its schema is this code's."""

from typing import Final, override

import asyncpg

from adapters.postgres.database import Database
from adapters.postgres.migrating import REVISION_TABLE, newest_revision
from domain.errors import UnavailableError
from domain.ports import Readiness

_STATE: Final = """
    SELECT
        (
            SELECT name FROM unnest(ARRAY['fsync', 'full_page_writes', 'synchronous_commit']) AS name
            WHERE current_setting(name) = 'off' LIMIT 1
        ) AS lossy,
        current_setting('transaction_isolation') AS isolation
"""
_REVISION: Final = f"SELECT version_num FROM {REVISION_TABLE}"  # noqa: S608 - a constant of ours


class PostgresReadiness(Readiness):
    """Asks PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def check(self) -> None:
        await self._check_state()
        await self.check_schema()

    async def check_schema(self) -> None:
        """Raise UnavailableError, saying why, unless the tables are there and of the newest revision."""
        try:
            row = await self._database.fetch_row(_REVISION, ())
        except asyncpg.UndefinedTableError:
            row = None
        if row is None or row["version_num"] != newest_revision():
            raise UnavailableError("The schema of the database is not current: run ai-agent migrate.")

    async def _check_state(self) -> None:
        (state,) = await self._database.fetch(_STATE, ())
        try:
            _require_fit(state)
        except UnavailableError:
            # Settings last as long as their session: were it kept, they would hold after they were mended.
            await self._database.renew()
            raise


def _require_fit(state: asyncpg.Record) -> None:
    if state["lossy"]:
        raise UnavailableError(f"The database may lose what it acknowledged: {state['lossy']} is off.")
    if state["isolation"] != "read committed":
        raise UnavailableError(
            f"Writers at once would fail: default_transaction_isolation is {state['isolation']}, not read committed."
        )
