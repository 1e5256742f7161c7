"""What stands in the place of the repository when it is broken on purpose."""

import asyncio
import copy
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import insert

from adapters.postgres.compiling import Statement
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.tables import idempotency_keys
from domain.append import AppendDecision
from domain.errors import ConversationNotFoundError, IdempotencyKeyTakenError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message
from domain.pages import MessagePage, MessageWindow
from tests.faults.broken_database import go_on

_SECONDS_BEFORE_DELETION: Final = 0.05
_LAG: Final = timedelta(seconds=1)
_KEEP_KEY: Final = Statement(insert(idempotency_keys).returning(idempotency_keys.c.key))

_append = PostgresConversationRepository.append
_delete = PostgresConversationRepository.delete
_messages = PostgresConversationRepository.messages


def altered(statement: Statement, *changes: tuple[str, str]) -> Statement:
    """A statement with some of its text replaced."""
    other = copy.copy(statement)
    for old, new in changes:
        assert old in other.sql
        other.sql = other.sql.replace(old, new)
    return other


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
        await repository._database.write(
            _KEEP_KEY,
            owner_id=owner_id,
            key=key.stored,
            fingerprint=key.fingerprint,
            conversation_id=conversation_id,
            first_seq=written[0].seq,
            last_seq=written[-1].seq,
            created_at=written[-1].created_at,
        )
    return written


async def messages_newest_first(
    repository: PostgresConversationRepository,
    owner_id: OwnerId,
    conversation_id: ConversationId,
    window: MessageWindow,
) -> MessagePage:
    """Read a page backwards."""
    page = await _messages(repository, owner_id, conversation_id, window)
    return replace(page, messages=page.messages[::-1])


async def messages_with_a_lag(
    repository: PostgresConversationRepository,
    owner_id: OwnerId,
    conversation_id: ConversationId,
    window: MessageWindow,
) -> MessagePage:
    """Read as from a standby that is behind."""
    page = await _messages(repository, owner_id, conversation_id, window)
    seen = [message for message in page.messages if message.created_at < datetime.now(UTC) - _LAG]
    return replace(page, messages=tuple(seen))


async def delete_in_the_background(
    repository: PostgresConversationRepository, owner_id: OwnerId, conversation_id: ConversationId
) -> None:
    """See that the conversation is there, and delete it in a moment."""
    await repository.conversation(owner_id, conversation_id)

    async def delete() -> None:
        await asyncio.sleep(_SECONDS_BEFORE_DELETION)
        with suppress(ConversationNotFoundError):
            await _delete(repository, owner_id, conversation_id)

    go_on(delete())
