"""Readiness of the database: it answers, its settings keep the promises, and its schema fits this code."""

import logging
from typing import Final, override

import asyncpg

from adapters.postgres.database import Database
from adapters.postgres.revisions import REVISION_TABLE, is_current, is_known
from domain.errors import UnavailableError
from domain.ports.readiness import Readiness

_log = logging.getLogger(__name__)

_STATE: Final = f"""
    WITH needed (name, privilege, columns) AS (
        VALUES
            ('{REVISION_TABLE}', 'SELECT', NULL),
            ('conversations', 'SELECT', NULL),
            ('conversations', 'INSERT', NULL),
            ('conversations', 'UPDATE', ARRAY[
                'title', 'title_is_auto', 'metadata', 'last_seq', 'open_tool_calls', 'reply_seq', 'stop_seq',
                'archived_at', 'updated_at'
            ]),
            ('messages', 'SELECT', NULL),
            ('messages', 'INSERT', NULL),
            ('messages', 'UPDATE', ARRAY[
                'content', 'tool_calls', 'tool_call_id', 'name', 'item', 'status', 'metadata', 'removed_at'
            ]),
            ('reply_batches', 'SELECT', NULL),
            ('reply_batches', 'INSERT', NULL),
            ('idempotency_keys', 'SELECT', NULL),
            ('idempotency_keys', 'INSERT', NULL)
    )
    SELECT
        (
            SELECT name FROM unnest(ARRAY['fsync', 'full_page_writes', 'synchronous_commit']) AS name
            WHERE current_setting(name) = 'off' LIMIT 1
        ) AS lossy,
        current_setting('transaction_isolation') AS isolation,
        current_setting('server_encoding') AS encoding,
        current_setting('transaction_read_only')::boolean AS is_read_only,
        pg_is_in_recovery() AS is_standby,
        (SELECT name FROM needed WHERE to_regclass(name) IS NULL LIMIT 1) AS missing,
        (
            SELECT privilege || ' on ' || name FROM needed JOIN pg_attribute ON attrelid = to_regclass(name)
            WHERE attnum > 0 AND NOT attisdropped AND (columns IS NULL OR attname = ANY (columns))
                AND NOT has_column_privilege(attrelid, attnum, privilege)
            UNION ALL
            SELECT 'DELETE on ' || name FROM unnest(ARRAY['conversations', 'reply_batches']) AS name
            WHERE NOT has_table_privilege(to_regclass(name), 'DELETE')
            LIMIT 1
        ) AS denied
"""  # noqa: S608 - constants of ours
_REVISION: Final = f"SELECT version_num FROM {REVISION_TABLE}"  # noqa: S608 - a constant of ours


class NotWritableError(UnavailableError):
    """Nothing can be written at the moment, as on a standby that is not promoted."""


class PostgresReadiness(Readiness):
    """Checks PostgreSQL by two statements."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unknown: str | None = None
        """The unknown revision that was logged."""

    @override
    async def check(self) -> None:
        try:
            await self._check_state()
            await self.check_schema()
        except asyncpg.PostgresError as error:
            raise UnavailableError("The database can't be looked at.") from error

    async def check_schema(self) -> None:
        """Raise UnavailableError, with the reason, if the tables are missing or of an older revision."""
        try:
            row = await self._database.fetch_row(_REVISION, ())
        except asyncpg.UndefinedTableError:
            row = None
        if row is None or not is_current(row["version_num"]):
            raise UnavailableError("The schema of the database is not current: run ai-agent migrate.")
        self._log_unknown(row["version_num"])

    def _log_unknown(self, revision: str) -> None:
        """Say once that a later release has migrated the schema."""
        if not is_known(revision) and revision != self._unknown:
            self._unknown = revision
            _log.warning(
                "The schema is at revision %r, which this release does not know: a later one has migrated it. "
                "This one goes on.",
                revision,
            )

    async def _check_state(self) -> None:
        (state,) = await self._database.fetch(_STATE, ())
        try:
            _require_fit(state)
        except UnavailableError:
            # Settings last as long as their session: were it kept, they would hold after they were mended.
            await self._database.renew()
            raise


def _require_fit(state: asyncpg.Record) -> None:
    """Raise UnavailableError for the first reason why the service can't work; what passes by itself comes last."""
    if state["encoding"] != "UTF8":
        raise UnavailableError(
            f"The database's encoding is {state['encoding']}, so it can't keep all texts: it must be UTF8."
        )
    if state["missing"]:
        raise UnavailableError(
            f"The schema of the database is not current, there is no {state['missing']}: run ai-agent migrate."
        )
    if state["denied"]:
        raise UnavailableError(f"The service's role lacks a privilege: {state['denied']}.")
    if state["lossy"]:
        raise UnavailableError(f"The database may lose what it acknowledged: {state['lossy']} is off.")
    if state["isolation"] != "read committed":
        raise UnavailableError(
            f"Writers at once would fail: default_transaction_isolation is {state['isolation']}, not read committed."
        )
    if state["is_read_only"]:
        reason = "it is a standby" if state["is_standby"] else "default_transaction_read_only is on"
        raise NotWritableError(f"The database can't be written to: {reason}.")
