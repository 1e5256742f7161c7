"""The conversation repository over PostgreSQL: each method is one statement, and each write is guarded."""

from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final, override
from uuid import UUID

import asyncpg

from adapters.postgres import message_windows, reads, removals, writes
from adapters.postgres.compiling import Statement
from adapters.postgres.database import Database
from adapters.postgres.observer import Retry
from adapters.postgres.rows import (
    calls_in_order,
    conversation_of,
    effect_of,
    message_of,
    values_of_key,
    values_of_messages,
)
from domain.append import AppendDecision
from domain.conversation import UNSET, Conversation, ConversationChange, NewConversation
from domain.errors import (
    ConversationNotFoundError,
    IdempotencyKeyTakenError,
    MessageNotFoundError,
    ReplyRunningError,
    StaleError,
    StateMovedError,
)
from domain.idempotency import Effect, IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message
from domain.pages import ConversationCursor, ConversationPage, ConversationWindow, MessagePage, MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.quotas import TooManyConversationsError
from domain.removal import Removal

_SEQ: Final = attrgetter("seq")
_TOP: Final = ConversationCursor(datetime(9999, 12, 31, tzinfo=UTC), ConversationId(UUID(int=2**128 - 1)))


class PostgresConversationRepository(ConversationRepository):
    """Stores conversations in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def create(
        self, owner_id: OwnerId, new: NewConversation, key: IdempotencyKey | None
    ) -> tuple[Conversation, Sequence[Message]]:
        row = await self._write_once(
            writes.CREATE,
            key,
            owner_id=owner_id,
            conversation_id=new.id,
            title=new.opening_title,
            title_is_auto=new.title_is_auto,
            metadata=new.metadata.text,
            leaves=calls_in_order(new.append.leaves if new.append else None) or [],
            most_conversations=new.quotas.conversations,
            **values_of_messages(new.first_messages),
        )
        if row is None:
            raise TooManyConversationsError(new.quotas.conversations)
        created_at = row["created_at"]
        self._database.observer.appended(len(new.first_messages))
        messages = [Message.of(message, new.id, seq, created_at) for seq, message in enumerate(new.first_messages, 1)]
        return Conversation.of(new, created_at), messages

    @override
    async def append(
        self,
        owner_id: OwnerId,
        conversation_id: ConversationId,
        decision: AppendDecision,
        key: IdempotencyKey | None,
    ) -> Sequence[Message]:
        row = await self._write_once(
            writes.APPEND,
            key,
            owner_id=owner_id,
            conversation_id=conversation_id,
            suggested_title=decision.title,
            decided_on=calls_in_order(decision.decided_on),
            leaves=calls_in_order(decision.leaves),
            follows=decision.follows,
            most_messages=decision.quotas.messages,
            **values_of_messages(decision.messages),
        )
        if row is None:
            conversation = await self.conversation(owner_id, conversation_id)  # raises if that is why
            if conversation.reply_seq is not None:
                raise ReplyRunningError
            if decision.follows not in (None, conversation.last_seq):
                raise StaleError(conversation.last_seq)
            decision.quotas.require_places(conversation.last_seq, len(decision.messages))
            raise self._moved()
        self._database.observer.appended(len(decision.messages))
        first = row["last_seq"] - len(decision.messages) + 1
        return [
            Message.of(message, conversation_id, seq, row["updated_at"])
            for seq, message in enumerate(decision.messages, first)
        ]

    @override
    async def open_calls(
        self, owner_id: OwnerId, conversation_id: ConversationId, key: IdempotencyKey | None
    ) -> tuple[frozenset[str], Effect | None]:
        row = await self._database.row(
            reads.OPEN_CALLS,
            owner_id=owner_id,
            conversation_id=conversation_id,
            key=key.stored if key else "",  # never NULL: that would take the owner's condition with it
        )
        if row is None:
            raise ConversationNotFoundError
        return frozenset(row["open_tool_calls"]), None if row["fingerprint"] is None else effect_of(row)

    @override
    async def effect(self, owner_id: OwnerId, key: IdempotencyKey) -> Effect | None:
        row = await self._database.row(reads.EFFECT, owner_id=owner_id, key=key.stored)
        return None if row is None else effect_of(row)

    @override
    async def conversation(self, owner_id: OwnerId, conversation_id: ConversationId) -> Conversation:
        row = await self._database.row(reads.ONE_CONVERSATION, owner_id=owner_id, conversation_id=conversation_id)
        if row is None:
            raise ConversationNotFoundError
        return conversation_of(row)

    @override
    async def conversations(self, owner_id: OwnerId, window: ConversationWindow) -> ConversationPage:
        after = window.cursor or _TOP
        rows = await self._database.rows(
            reads.CONVERSATIONS,
            owner_id=owner_id,
            archived=window.archived,
            after_updated_at=after.updated_at,
            after_id=after.conversation_id,
            limit=window.limit + 1,  # one more, to see that there are more
        )
        return ConversationPage.of(window, [conversation_of(row) for row in rows])

    @override
    async def messages(self, owner_id: OwnerId, conversation_id: ConversationId, window: MessageWindow) -> MessagePage:
        statement, anchor = _page(window)
        rows = await self._database.rows(
            statement, owner_id=owner_id, conversation_id=conversation_id, limit=window.limit, anchor=anchor
        )
        if not rows:
            raise ConversationNotFoundError
        conversation = conversation_of(rows[0], "conversation_")
        messages = [message_of(conversation_id, row) for row in rows if row["seq"] is not None]
        return MessagePage.of(
            conversation, sorted(messages, key=_SEQ), lowest=rows[-1]["lowest"], highest=rows[-1]["highest"]
        )

    @override
    async def count_before(self, owner_id: OwnerId, conversation_id: ConversationId, seq: int) -> int:
        (row,) = await self._database.rows(
            reads.COUNT_BEFORE, owner_id=owner_id, conversation_id=conversation_id, anchor=seq
        )
        return int(row["messages"])

    @override
    async def message(self, owner_id: OwnerId, conversation_id: ConversationId, seq: int) -> Message:
        row = await self._database.row(reads.MESSAGE, owner_id=owner_id, conversation_id=conversation_id, seq=seq)
        if row is None:
            raise MessageNotFoundError
        return message_of(conversation_id, row)

    @override
    async def remove(self, owner_id: OwnerId, conversation_id: ConversationId, removal: Removal) -> None:
        await self._remove(
            removals.REMOVE,
            owner_id,
            conversation_id,
            seqs=removal.seqs,
            decided_on=calls_in_order(removal.decided_on),
            leaves=calls_in_order(removal.leaves),
            follows=removal.follows,
            sets_title=removal.title is not UNSET,
            title=None if removal.title is UNSET else removal.title,
        )

    @override
    async def clear(self, owner_id: OwnerId, conversation_id: ConversationId, last_seq: int) -> None:
        await self._remove(
            removals.CLEAR,
            owner_id,
            conversation_id,
            decided_on=None,
            leaves=[],
            follows=last_seq,
            sets_title=True,
            title=None,
        )

    @override
    async def update(
        self, owner_id: OwnerId, conversation_id: ConversationId, change: ConversationChange
    ) -> Conversation:
        row = await self._database.write(
            writes.UPDATE,
            owner_id=owner_id,
            conversation_id=conversation_id,
            sets_title=change.title is not UNSET,
            title=None if change.title is UNSET else change.title,
            metadata=change.metadata and change.metadata.text,
            archived=None if change.archived is UNSET else change.archived,
            decided_on=change.decided_on_metadata and change.decided_on_metadata.text,
        )
        if row is None:
            await self.conversation(owner_id, conversation_id)  # raises if that is why
            raise self._moved()
        return conversation_of(row)

    @override
    async def delete(self, owner_id: OwnerId, conversation_id: ConversationId) -> None:
        row = await self._database.write(writes.DELETE, owner_id=owner_id, conversation_id=conversation_id)
        if row is None:
            raise ConversationNotFoundError

    async def _remove(
        self, statement: Statement, owner_id: OwnerId, conversation_id: ConversationId, **values: Any
    ) -> None:
        try:
            row = await self._database.write(statement, owner_id=owner_id, conversation_id=conversation_id, **values)
        except asyncpg.DivisionByZeroError as error:
            raise self._moved() from error
        if row is None:
            conversation = await self.conversation(owner_id, conversation_id)  # raises if that is why
            raise self._moved() if conversation.reply_seq is None else ReplyRunningError

    def _moved(self) -> StateMovedError:
        self._database.observer.retried(Retry.STATE_MOVED)
        return StateMovedError()

    async def _write_once(self, statement: Statement, key: IdempotencyKey | None, **values: Any) -> Any:
        """With a key a write may be tried twice: the key lets only one through."""
        try:
            return await self._database.write(statement, may_repeat=key is not None, **values_of_key(key), **values)
        except asyncpg.UniqueViolationError as error:
            # Under a key, a conversation that is there already was created by the try before this one. Citus names the
            # shard's constraint in the message only.
            broken = error.constraint_name or str(error)
            if key is not None and ("pk_idempotency_keys" in broken or "pk_conversations" in broken):
                raise IdempotencyKeyTakenError from error
            raise


def _page(window: MessageWindow) -> tuple[Statement, int]:
    if window.before is not None:
        return message_windows.MESSAGES_BEFORE, window.before
    if window.after is not None:
        return message_windows.MESSAGES_AFTER, window.after
    if window.around is not None:
        return message_windows.MESSAGES_AROUND, window.around
    return message_windows.MESSAGES_NEWEST, 0
