"""What stands in the place of parts of the storage when it is broken on purpose."""

import asyncio
import copy
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

from adapters.postgres.compiling import Statement
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database
from adapters.postgres.readiness import PostgresReadiness
from domain.append import AppendDecision
from domain.conversation import Conversation
from domain.errors import IdempotencyKeyTakenError, UnavailableError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message
from domain.pages import MessageWindow

_SECONDS_BEFORE_COMMIT: Final = 0.05
_LAG: Final = timedelta(seconds=1)
_SECONDS_OF_BREAKER: Final = 4.0
_commits: Final[set["asyncio.Task[None]"]] = set()
_failed_at: Final = [-_SECONDS_OF_BREAKER]

_append = PostgresConversationRepository.append
_messages = PostgresConversationRepository.messages
_attempt = Database._attempt
_write = Database.write


def altered(statement: Statement, *changes: tuple[str, str]) -> Statement:
    """A statement with some of its text replaced."""
    other = copy.copy(statement)
    for old, new in changes:
        assert old in other.sql
        other.sql = other.sql.replace(old, new)
    return other


async def is_ready(_: PostgresReadiness) -> None:
    """Not look whether PostgreSQL is durable."""


async def append_without_key(
    repository: PostgresConversationRepository,
    owner_id: OwnerId,
    conversation_id: ConversationId,
    decision: AppendDecision,
    _: IdempotencyKey | None,
) -> Sequence[Message]:
    """Append, and forget the key."""
    return await _append(repository, owner_id, conversation_id, decision, None)


async def append_then_keep_key(
    repository: PostgresConversationRepository,
    owner_id: OwnerId,
    conversation_id: ConversationId,
    decision: AppendDecision,
    key: IdempotencyKey | None,
) -> Sequence[Message]:
    """Append, and keep the key in a statement of its own."""
    if key is not None and await repository.effect(owner_id, key) is not None:
        raise IdempotencyKeyTakenError
    written = await _append(repository, owner_id, conversation_id, decision, None)
    if key is not None:
        effect = (owner_id, key.stored, key.fingerprint, conversation_id, written[0].seq, written[-1].seq)
        sql = "INSERT INTO idempotency_keys VALUES ($1, $2, $3, $4, $5, $6, now()) RETURNING key"
        await _write(repository._database, sql, effect)
    return written


async def messages_newest_first(
    repository: PostgresConversationRepository,
    owner_id: OwnerId,
    conversation_id: ConversationId,
    window: MessageWindow,
) -> tuple[Conversation, Sequence[Message]]:
    """Read a page backwards."""
    conversation, messages = await _messages(repository, owner_id, conversation_id, window)
    return conversation, messages[::-1]


async def messages_with_a_lag(
    repository: PostgresConversationRepository,
    owner_id: OwnerId,
    conversation_id: ConversationId,
    window: MessageWindow,
) -> tuple[Conversation, Sequence[Message]]:
    """Read as from a standby that is behind."""
    conversation, messages = await _messages(repository, owner_id, conversation_id, window)
    return conversation, [message for message in messages if message.created_at < datetime.now(UTC) - _LAG]


async def attempt_behind_a_breaker(database: Database, sql: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
    """Refuse for some seconds after a failure, though all be well again."""
    if time.monotonic() < _failed_at[0] + _SECONDS_OF_BREAKER:
        raise UnavailableError
    try:
        return await _attempt(database, sql, arguments)
    except OSError:
        _failed_at[0] = time.monotonic()
        raise


async def attempt_and_leave_open(database: Database, sql: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
    """Run a statement in a transaction that nobody ends if it fails."""
    connection = await database._pool.acquire(timeout=database._acquire_timeout)
    await connection.execute("BEGIN")
    rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
    await connection.execute("COMMIT")
    await database._pool.release(connection)
    return rows


async def write_twice_if_need_be(
    database: Database, sql: str, arguments: Sequence[Any], *, may_repeat: bool = False
) -> asyncpg.Record | None:
    """Write, and once more where the connection broke, though no key lets only one through."""
    del may_repeat
    return await _write(database, sql, arguments, may_repeat=True)


async def write_and_commit_later(
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
