"""Mutants: the service with a promise broken on purpose, for the harness to find.

``python -m tests.faults.mutants serve`` starts the one that FAULTS_MUTANT names. The workers import this module again
as their main one, and so break the promise too.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import asyncpg

from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database
from adapters.postgres.readiness import PostgresReadiness
from domain.append import AppendDecision
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message
from entrypoints.cli import main

MUTANT: Final = "FAULTS_MUTANT"
_SECONDS_BEFORE_COMMIT: Final = 0.05
_commits: Final[set["asyncio.Task[None]"]] = set()


async def _is_ready(_: PostgresReadiness) -> None:
    """Not look whether PostgreSQL is durable."""


async def _append_without_key(
    repository: PostgresConversationRepository,
    owner_id: OwnerId,
    conversation_id: ConversationId,
    decision: AppendDecision,
    _: IdempotencyKey | None,
) -> Sequence[Message]:
    """Append, and forget the key."""
    return await _append(repository, owner_id, conversation_id, decision, None)


async def _write_and_commit_later(
    database: Database, sql: str, arguments: Sequence[Any], *, may_repeat: bool = False
) -> asyncpg.Record | None:
    """Write, and acknowledge before the commit."""
    del may_repeat
    written: asyncio.Future[asyncpg.Record | None] = asyncio.get_running_loop().create_future()

    async def write() -> None:
        try:
            async with database._pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(sql, *arguments)
                written.set_result(rows[0] if rows else None)
                await asyncio.sleep(_SECONDS_BEFORE_COMMIT)
        except Exception as error:  # noqa: BLE001 - passed on, if there still is somebody to tell
            if not written.done():
                written.set_exception(error)

    task = asyncio.create_task(write())
    _commits.add(task)
    task.add_done_callback(_commits.discard)
    return await written


_append = PostgresConversationRepository.append

MUTANTS: Final[Mapping[str, tuple[type, str, Callable[..., Any]]]] = {
    "not durable": (PostgresReadiness, "check", _is_ready),
    "key not stored": (PostgresConversationRepository, "append", _append_without_key),
    "acknowledged before the commit": (Database, "write", _write_and_commit_later),
}
"""What each replaces. The first needs a PostgreSQL with synchronous_commit off besides."""

if mutant := os.environ.get(MUTANT):
    setattr(*MUTANTS[mutant])

if __name__ == "__main__":
    sys.exit(main())
