"""The reply log over PostgreSQL: each write is one statement, guarded by the log's own batches."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, override

import asyncpg

from adapters.postgres import kept_replies, reads, reply_reads, reply_writes
from adapters.postgres.database import Database
from adapters.postgres.observer import Retry
from adapters.postgres.reply_batches import REFUSED, NewBatch, ReplyBatches, recorded_reply_of, values_of_reply
from adapters.postgres.reply_events import encode_events
from adapters.postgres.rows import calls_in_order, values_of_key, values_of_message, values_of_messages
from domain.append import AppendDecision
from domain.conversation import NewConversation
from domain.errors import (
    AiAgentError,
    ConversationExistsError,
    ConversationNotFoundError,
    IdempotencyKeyTakenError,
    NotFoundError,
    ReplyRunningError,
    StaleError,
    StateMovedError,
)
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import JsonText
from domain.message import IN_PROGRESS, Message, NewMessage
from domain.ports.reply_log import ReplyLog
from domain.quotas import TooManyConversationsError
from domain.reply import Batch, KeptReply, RecordedReply, ReplyAddress, StepEnd
from domain.reply_events import ReplyEvent, ReplyFinished


class PostgresReplyLog(ReplyLog):
    """Keeps the logs in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batches = ReplyBatches(database)

    @override
    async def begin(
        self,
        owner_id: OwnerId,
        conversation_id: ConversationId,
        turn: AppendDecision,
        key: IdempotencyKey | None,
        *,
        placeholder: NewMessage = IN_PROGRESS,
    ) -> Sequence[Message]:
        messages = [*turn.messages, placeholder]
        try:
            row = await self._database.write(
                reply_writes.BEGIN,
                may_repeat=key is not None,
                owner_id=owner_id,
                conversation_id=conversation_id,
                suggested_title=turn.title,
                decided_on=calls_in_order(turn.decided_on),
                leaves=[],
                follows=turn.follows,
                most_messages=turn.quotas.messages,
                **values_of_key(key),
                **values_of_messages(messages),
            )
        except asyncpg.UniqueViolationError as error:
            raise IdempotencyKeyTakenError from error
        if row is None:
            raise await self._refusal(owner_id, conversation_id, turn, key)
        self._database.observer.appended(len(turn.messages))
        first = row["last_seq"] - len(messages) + 1
        return [Message.of(one, conversation_id, seq, row["updated_at"]) for seq, one in enumerate(messages, first)]

    @override
    async def begin_conversation(
        self,
        owner_id: OwnerId,
        new: NewConversation,
        key: IdempotencyKey | None,
        *,
        placeholder: NewMessage = IN_PROGRESS,
    ) -> Sequence[Message]:
        messages = [*new.first_messages, placeholder]
        try:
            row: Any = await self._database.write(
                reply_writes.BEGIN_CONVERSATION,
                may_repeat=key is not None,
                owner_id=owner_id,
                conversation_id=new.id,
                title=new.opening_title,
                title_is_auto=new.title_is_auto,
                metadata=new.metadata.text,
                leaves=[],
                most_conversations=new.quotas.conversations,
                **values_of_key(key),
                **values_of_messages(messages),
            )
        except asyncpg.UniqueViolationError as error:
            broken = error.constraint_name or str(error)  # Citus names the shard's constraint in the message only
            raise (IdempotencyKeyTakenError if "pk_idempotency_keys" in broken else ConversationExistsError) from error
        if row is None:
            raise TooManyConversationsError(new.quotas.conversations)
        self._database.observer.appended(len(new.first_messages))
        return [Message.of(one, new.id, seq, row["created_at"]) for seq, one in enumerate(messages, 1)]

    @override
    async def begin_again(
        self,
        owner_id: OwnerId,
        conversation_id: ConversationId,
        *,
        turn: int,
        last_seq: int,
        placeholder: NewMessage = IN_PROGRESS,
    ) -> Message:
        row = await self._database.write(
            reply_writes.BEGIN_AGAIN,
            owner_id=owner_id,
            conversation_id=conversation_id,
            leaves=[],
            follows=last_seq,
            turn=turn,
            **values_of_messages([placeholder]),
        )
        if row is None:
            await self._require_conversation(owner_id, conversation_id)
            raise self._moved()
        return Message.of(placeholder, conversation_id, row["last_seq"], row["updated_at"])

    @override
    async def write(self, reply: ReplyAddress, number: int, events: Sequence[ReplyEvent]) -> bool:
        return await self._batches.write(NewBatch(reply, number, encode_events(events)))

    @override
    async def advance(
        self,
        reply: ReplyAddress,
        number: int,
        events: Sequence[ReplyEvent],
        end: StepEnd,
        *,
        seq: int,
        key: IdempotencyKey | None = None,
    ) -> None:
        added = [*end.results, IN_PROGRESS] if end.runs_on else [*end.results]
        batch = NewBatch(reply, number, encode_events(events))
        try:
            row = await self._database.write(
                reply_writes.ADVANCE,
                may_repeat=True,  # a second try finds the first one's batch
                **values_of_reply(reply),
                number=number,
                events=batch.events,
                seq=seq,
                runs_on=end.runs_on,
                leaves=sorted(end.open_calls),
                **values_of_key(key),
                **values_of_message(end.message),
                **values_of_messages(added),
            )
        except REFUSED:
            row = None
        if row is None:
            await self._batches.explain(batch)  # returns if an earlier try has written it
        self._database.observer.appended(1 + len(end.results))
        if not end.runs_on and events and isinstance(finish := events[-1], ReplyFinished):
            self._database.observer.reply_ended(finish.reason)

    @override
    async def request_stop(self, owner_id: OwnerId, conversation_id: ConversationId) -> ReplyAddress | None:
        row = await self._database.write(
            reply_writes.STOP, may_repeat=True, owner_id=owner_id, conversation_id=conversation_id
        )
        if row is None:
            await self._require_conversation(owner_id, conversation_id)
            return None
        return ReplyAddress(owner_id, conversation_id, row["reply_seq"])

    @override
    async def running(self, owner_id: OwnerId, conversation_id: ConversationId) -> RecordedReply | None:
        rows = await self._database.rows(reply_reads.RUNNING, owner_id=owner_id, conversation_id=conversation_id)
        if not rows:
            raise ConversationNotFoundError
        seq = rows[0]["reply_seq"]
        return None if seq is None else recorded_reply_of(ReplyAddress(owner_id, conversation_id, seq), rows)

    @override
    async def recorded(self, reply: ReplyAddress) -> RecordedReply | None:
        return await self._batches.recorded(reply)

    @override
    async def find(self, reply: ReplyAddress) -> KeptReply | None:
        row = await self._database.row(kept_replies.FIND, **values_of_reply(reply))
        if row is None:
            return None
        metadata = JsonText(row["metadata"])
        return KeptReply(address=reply, last_seq=row["last_seq"], metadata=metadata, begun_at=row["created_at"])

    @override
    async def dissolve(self, reply: ReplyAddress) -> None:
        if await self._database.write(kept_replies.DISSOLVE, **values_of_reply(reply)) is None:
            raise NotFoundError if await self.find(reply) is None else ReplyRunningError

    @override
    async def turn_key(self, reply: RecordedReply) -> IdempotencyKey | None:
        owner_id, conversation_id, _ = reply.address
        row = await self._database.row(
            reply_reads.TURN_KEY, owner_id=owner_id, conversation_id=conversation_id, turn=reply.turn
        )
        return None if row is None else IdempotencyKey(key=row["key"], fingerprint=row["fingerprint"])

    @override
    async def news(self, reply: ReplyAddress, number: int) -> Sequence[Batch]:
        return await self._batches.news(reply, number)

    @override
    async def silent(self, least: timedelta, limit: int) -> Sequence[ReplyAddress]:
        rows = await self._database.rows(reply_reads.SILENT, least=least, limit=limit)
        return [ReplyAddress(row["owner_id"], ConversationId(row["id"]), row["reply_seq"]) for row in rows]

    @override
    async def forget(self, reply: ReplyAddress) -> None:
        await self._database.rows(reply_writes.FORGET, **values_of_reply(reply))

    async def _refusal(
        self, owner_id: OwnerId, conversation_id: ConversationId, turn: AppendDecision, key: IdempotencyKey | None
    ) -> AiAgentError:
        if key and await self._database.row(reads.EFFECT, owner_id=owner_id, key=key.stored):
            return IdempotencyKeyTakenError()
        conversation = await self._require_conversation(owner_id, conversation_id)
        if conversation["reply_seq"] is not None:
            return ReplyRunningError()
        if turn.follows not in {None, conversation["last_seq"]}:
            return StaleError(conversation["last_seq"])
        turn.quotas.require_places(conversation["last_seq"], len(turn.messages) + 1)
        return self._moved()

    def _moved(self) -> StateMovedError:
        self._database.observer.retried(Retry.STATE_MOVED)
        return StateMovedError()

    async def _require_conversation(self, owner_id: OwnerId, conversation_id: ConversationId) -> asyncpg.Record:
        row = await self._database.row(reads.ONE_CONVERSATION, owner_id=owner_id, conversation_id=conversation_id)
        if row is None:
            raise ConversationNotFoundError
        return row
