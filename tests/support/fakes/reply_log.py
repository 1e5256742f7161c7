"""The reply log in memory, over the conversations in memory."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import takewhile
from typing import override

from domain.append import AppendDecision
from domain.conversation import NewConversation
from domain.errors import (
    ConversationExistsError,
    NotFoundError,
    ReplyLostError,
    ReplyRewoundError,
    ReplyRunningError,
    StateMovedError,
)
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import IN_PROGRESS, Message, NewMessage
from domain.ports.reply_log import ReplyLog
from domain.reply import Batch, KeptReply, RecordedReply, ReplyAddress, StepEnd
from domain.reply_events import ReplyEvent
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository, KeptConversation

_MOST_NEWS = 100


@dataclass
class _Log:
    batches: list[Batch] = field(default_factory=lambda: [Batch(0, ())])
    written_at: timedelta = timedelta()


class InMemoryReplyLog(ReplyLog):
    """Keeps logs in a dictionary. ``skip`` lets its clock go forward; ``lose`` is a crash of the storage."""

    def __init__(self, conversations: InMemoryConversationRepository) -> None:
        self._conversations = conversations
        self._logs: dict[ReplyAddress, _Log] = {}
        self._skipped = timedelta()

    def skip(self, time_passed: timedelta) -> None:
        """Let so much time pass."""
        self._skipped += time_passed

    def lose(self, reply: ReplyAddress, number: int) -> None:
        """Lose the batches from this number on."""
        del self._logs[reply].batches[number:]

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
        self._conversations.require_free(owner_id, key)
        kept = self._conversations.find(owner_id, conversation_id)
        if kept.reply_seq is not None:
            raise ReplyRunningError
        if turn.follows in (None, kept.conversation.last_seq):
            turn.quotas.require_places(kept.conversation.last_seq, len(turn.messages) + 1)
        written = await self._conversations.append(owner_id, conversation_id, turn, key)
        return [*written, self._open(owner_id, kept, kept.conversation.last_seq, placeholder)]

    @override
    async def begin_conversation(
        self,
        owner_id: OwnerId,
        new: NewConversation,
        key: IdempotencyKey | None,
        *,
        placeholder: NewMessage = IN_PROGRESS,
    ) -> Sequence[Message]:
        self._conversations.require_free(owner_id, key)
        if self._conversations.has(owner_id, new.id):
            raise ConversationExistsError
        _, written = await self._conversations.create(owner_id, new, key)
        kept = self._conversations.find(owner_id, new.id)
        return [*written, self._open(owner_id, kept, kept.conversation.last_seq, placeholder)]

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
        kept = self._conversations.find(owner_id, conversation_id)
        if kept.reply_seq is not None or kept.conversation.last_seq != last_seq:
            raise StateMovedError
        replies = [one for one in kept.messages if kept.replies_to.get(one.seq) == turn and one.tool_calls]
        if kept.open_calls - {call["id"] for one in replies if one.tool_calls for call in one.tool_calls.value}:
            raise StateMovedError
        kept.removed |= {seq for seq, replies_to in kept.replies_to.items() if replies_to == turn}
        kept.open_calls = frozenset()
        return self._open(owner_id, kept, turn, placeholder)

    @override
    async def write(self, reply: ReplyAddress, number: int, events: Sequence[ReplyEvent]) -> bool:
        kept = self._add(reply, number, events)
        return kept is not None and kept.stop_seq == reply.seq

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
        kept = self._add(reply, number, events, seq)
        if kept is None:
            return
        now = self._conversations.tick()
        begun = kept.messages[seq - 1]
        ended = Message.of(end.message, reply.conversation_id, seq, begun.created_at)
        kept.messages[seq - 1] = replace(ended, metadata=begun.metadata)
        added = [*end.results, IN_PROGRESS] if end.runs_on else end.results
        kept.messages += (
            Message.of(one, reply.conversation_id, place, now) for place, one in enumerate(added, seq + 1)
        )
        kept.replies_to |= dict.fromkeys(range(seq, seq + len(added) + 1), kept.replies_to[reply.seq])
        kept.open_calls = end.open_calls
        kept.conversation = replace(
            kept.conversation,
            last_seq=seq + len(added),
            updated_at=now,
            reply_seq=reply.seq if end.runs_on else None,
        )
        self._conversations.keep_key(reply.owner_id, key, kept, seq + len(added) - reply.seq + 1)

    @override
    async def request_stop(self, owner_id: OwnerId, conversation_id: ConversationId) -> ReplyAddress | None:
        kept = self._conversations.find(owner_id, conversation_id)
        kept.stop_seq = kept.reply_seq
        return None if kept.reply_seq is None else ReplyAddress(owner_id, conversation_id, kept.reply_seq)

    @override
    async def running(self, owner_id: OwnerId, conversation_id: ConversationId) -> RecordedReply | None:
        seq = self._conversations.find(owner_id, conversation_id).reply_seq
        return None if seq is None else await self.recorded(ReplyAddress(owner_id, conversation_id, seq))

    @override
    async def recorded(self, reply: ReplyAddress) -> RecordedReply | None:
        log = self._logs.get(reply)
        if log is None or not self._conversations.has(reply.owner_id, reply.conversation_id):
            return None
        kept = self._conversations.find(reply.owner_id, reply.conversation_id)
        if reply.seq < kept.logs_from:
            return None
        return RecordedReply(
            address=reply,
            is_running=kept.reply_seq == reply.seq,
            last_seq=kept.conversation.last_seq,
            turn=kept.replies_to[reply.seq],
            batches=tuple(log.batches),
            silence=self._now() - log.written_at,
        )

    @override
    async def find(self, reply: ReplyAddress) -> KeptReply | None:
        if not self._conversations.has(reply.owner_id, reply.conversation_id):
            return None
        kept = self._conversations.find(reply.owner_id, reply.conversation_id)
        first = next((one for one in kept.remaining if one.seq == reply.seq), None)
        if first is None or first.role is not Role.ASSISTANT or reply.seq not in kept.replies_to:
            return None
        last_seq = self._seqs(kept, reply)[-1]
        return KeptReply(address=reply, last_seq=last_seq, metadata=first.metadata, begun_at=first.created_at)

    @override
    async def dissolve(self, reply: ReplyAddress) -> None:
        if await self.find(reply) is None:
            raise NotFoundError
        kept = self._conversations.find(reply.owner_id, reply.conversation_id)
        if kept.reply_seq == reply.seq:
            raise ReplyRunningError
        for seq in self._seqs(kept, reply):
            del kept.replies_to[seq]
            kept.messages[seq - 1] = replace(kept.messages[seq - 1], metadata=EMPTY_OBJECT)
        self._logs.pop(reply, None)

    @override
    async def turn_key(self, reply: RecordedReply) -> IdempotencyKey | None:
        return self._conversations.key_of(reply.address[0], reply.address[1], reply.turn)

    @override
    async def news(self, reply: ReplyAddress, number: int) -> Sequence[Batch]:
        recorded = await self.recorded(reply)
        return recorded.batches[number : number + _MOST_NEWS] if recorded else ()

    @override
    async def silent(self, least: timedelta, limit: int) -> Sequence[ReplyAddress]:
        found = [one for reply in self._logs if (one := await self.recorded(reply)) and one.is_running]
        return [one.address for one in found if one.silence >= least][:limit]

    @override
    async def forget(self, reply: ReplyAddress) -> None:
        recorded = await self.recorded(reply)
        if recorded and not recorded.is_running:
            del self._logs[reply]

    @staticmethod
    def _seqs(kept: KeptConversation, reply: ReplyAddress) -> Sequence[int]:
        """The seqs of the reply's messages."""
        turn, seqs = kept.replies_to[reply.seq], range(reply.seq, kept.conversation.last_seq + 1)
        return [*takewhile(lambda seq: kept.replies_to.get(seq) == turn, seqs)]

    def _open(self, owner_id: OwnerId, kept: KeptConversation, turn: int, placeholder: NewMessage) -> Message:
        now = self._conversations.tick()
        conversation = kept.conversation
        message = Message.of(placeholder, conversation.id, conversation.last_seq + 1, now)
        kept.messages.append(message)
        kept.replies_to[message.seq] = turn
        kept.conversation = replace(conversation, last_seq=message.seq, updated_at=now, reply_seq=message.seq)
        earlier = [one for one in self._logs if one[:2] == (owner_id, conversation.id)]
        for reply in sorted(earlier)[:-1]:
            del self._logs[reply]
        self._logs[ReplyAddress(owner_id, conversation.id, message.seq)] = _Log(written_at=self._now())
        return message

    def _add(
        self, reply: ReplyAddress, number: int, events: Sequence[ReplyEvent], seq: int | None = None
    ) -> KeptConversation | None:
        """Add a batch; None if it is there already."""
        log = self._logs.get(reply)
        if log is None or not self._conversations.has(reply.owner_id, reply.conversation_id):
            raise ReplyLostError
        if number < len(log.batches) and log.batches[number] == Batch(number, tuple(events)):
            return None
        kept = self._conversations.find(reply.owner_id, reply.conversation_id)
        if kept.reply_seq == reply.seq and number > len(log.batches):
            raise ReplyRewoundError(len(log.batches))
        if kept.reply_seq != reply.seq or number < len(log.batches) or seq not in (None, kept.conversation.last_seq):
            raise ReplyLostError
        log.batches.append(Batch(number, tuple(events)))
        log.written_at = self._now()
        return kept

    def _now(self) -> timedelta:
        return timedelta(seconds=time.monotonic()) + self._skipped
