"""Readiness of the database: it answers, it is durable, and its schema is the one that this code was written for."""

from typing import Final, override

import asyncpg

from adapters.postgres.database import Database
from adapters.postgres.migrating import REVISION_TABLE, newest_revision
from domain.errors import UnavailableError
from domain.ports import Readiness

_DURABLE: Final = """
    SELECT name FROM unnest(ARRAY['fsync', 'full_page_writes', 'synchronous_commit']) AS name
    WHERE current_setting(name) = 'off'
"""
_REVISION: Final = f"SELECT version_num FROM {REVISION_TABLE}"  # noqa: S608 - a constant of ours


class PostgresReadiness(Readiness):
    """Asks PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def check(self) -> None:
        try:
            row = await self._database.fetch_row(_REVISION, ())
        except asyncpg.UndefinedTableError:
            row = None
        if row is None or row["version_num"] != newest_revision():
            raise UnavailableError("The schema of the database is not current: run ai-agent migrate.")
        if off := await self._database.fetch_row(_DURABLE, ()):
            raise UnavailableError(f"The database may lose what it acknowledged: {off['name']} is off.")
