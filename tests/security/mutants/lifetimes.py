"""Mutants that keep something longer than it is theirs: a session, a connection, a write."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from adapters.better_auth.verifier import BetterAuthTokenVerifier
from adapters.postgres.compiling import Statement
from adapters.postgres.database import Database
from domain.credential import Credential
from domain.principal import Principal
from entrypoints.http import event_stream
from tests.integration import test_database, test_http_authentication
from tests.security import test_streams
from tests.security.mutants.mutant import Mutant

_SECONDS: Final = 1.0
_verify = BetterAuthTokenVerifier.verify
_known: Final[dict[Credential, tuple[float, Principal]]] = {}


async def _verify_or_remember(verifier: BetterAuthTokenVerifier, credential: Credential) -> Principal:
    """Let in who was let in a second ago, of this process's own time: a busy machine does not shorten it."""
    since, principal = _known.get(credential, (0.0, None))
    if principal is None or time.process_time() - since > _SECONDS:
        principal = await _verify(verifier, credential)
        _known[credential] = time.process_time(), principal
    return principal


async def _attempt_and_keep(database: Database, sql: str, arguments: Sequence[Any], _name: str) -> list[asyncpg.Record]:
    """Give the connection back unless something happens."""
    connection = await database._pool.acquire(timeout=database._acquire_timeout)
    rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
    await database._pool.release(connection)
    return rows


async def _close_without_waiting(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Let the test end, though connections are held."""
    pool.terminate()


async def _write_and_stop(
    database: Database, statement: Statement, *, may_repeat: bool = False, **values: Any
) -> asyncpg.Record | None:
    """Write, until the caller is cancelled."""
    rows = await database.rows(statement, may_repeat=may_repeat, **values)
    return rows[0] if rows else None


async def _never(_: object) -> None:
    """Refuse nobody who was let in."""
    await asyncio.Event().wait()


MUTANTS: Final = (
    Mutant(
        name="a stream outlives its session",
        replaces=((event_stream, "_until_refused", _never),),
        found_by=test_streams.test_a_stream_is_broken_off_when_its_session_ends_and_the_reply_goes_on,
        given={"ending": """DELETE FROM "session" WHERE "userId" = '{user}'"""},
        says="goes on",
    ),
    Mutant(
        name="a session is remembered for a second",
        replaces=((BetterAuthTokenVerifier, "verify", _verify_or_remember),),
        found_by=test_http_authentication.test_a_session_that_ended_is_refused_on_the_very_next_request,
        given={"ending": """DELETE FROM "session" WHERE "userId" = '{user}'"""},
        says="200 == 401",
    ),
    Mutant(
        name="a connection is kept when its user is cancelled",
        replaces=((Database, "_attempt", _attempt_and_keep), (asyncpg.Pool, "close", _close_without_waiting)),
        found_by=test_database.test_300_cancels_at_any_moment_leave_the_pool_whole_and_nothing_half_done,
        says="UnavailableError",
    ),
    Mutant(
        name="a write ends with its caller",
        replaces=((Database, "write", _write_and_stop),),
        found_by=test_database.test_a_write_that_has_begun_is_finished_though_its_caller_is_cancelled,
        says="0 == 1",
    ),
)
