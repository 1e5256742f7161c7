"""The conversation repository in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import override

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
from domain.pages import MAX_PAGE_BYTES, ConversationPage, ConversationWindow, MessagePage, MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.quotas import TooManyConversationsError
from domain.removal import Removal


@dataclass
class KeptConversation:
    """A conversation with its messages, and the reply that runs in it."""

    conversation: Conversation
    open_calls: frozenset[str] = frozenset()
    messages: list[Message] = field(default_factory=list)
    removed: set[int] = field(default_factory=set)
    logs_from: int = 1
    """From which seq on the logs of replies are kept."""
    stop_seq: int | None = None
    replies_to: dict[int, int] = field(default_factory=dict)

    @property
    def reply_seq(self) -> int | None:
        """The first seq of the reply that runs."""
        return self.conversation.reply_seq

    @property
    def remaining(self) -> list[Message]:
        """The messages that are not removed."""
        return [message for message in self.messages if message.seq not in self.removed]


class InMemoryConversationRepository(ConversationRepository):
    """Keeps conversations in dictionaries; its clock moves on by a microsecond at each write."""

    def __init__(self) -> None:
        self._kept: dict[tuple[OwnerId, ConversationId], KeptConversation] = {}
        self._keys: dict[tuple[OwnerId, str], Effect] = {}
        self._now = datetime(2026, 1, 1, tzinfo=UTC)

    @override
    async def create(
        self, owner_id: OwnerId, new: NewConversation, key: IdempotencyKey | None
    ) -> tuple[Conversation, Sequence[Message]]:
        self.require_free(owner_id, key)
        most = new.quotas.conversations
        if most and sum(owner == owner_id for owner, _ in self._kept) >= most:
            raise TooManyConversationsError(most)
        now = self.tick()
        messages = [Message.of(message, new.id, seq, now) for seq, message in enumerate(new.first_messages, 1)]
        open_calls = (new.append and new.append.leaves) or frozenset()
        kept = self._kept[owner_id, new.id] = KeptConversation(Conversation.of(new, now), open_calls, [*messages])
        self.keep_key(owner_id, key, kept, len(messages))
        return kept.conversation, messages

    @override
    async def append(
        self,
        owner_id: OwnerId,
        conversation_id: ConversationId,
        decision: AppendDecision,
        key: IdempotencyKey | None,
    ) -> Sequence[Message]:
        kept = self.find(owner_id, conversation_id)
        if kept.reply_seq is not None:
            raise ReplyRunningError
        if decision.follows not in (None, kept.conversation.last_seq):
            raise StaleError(kept.conversation.last_seq)
        decision.quotas.require_places(kept.conversation.last_seq, len(decision.messages))
        if decision.decided_on is not None and decision.decided_on != kept.open_calls:
            raise StateMovedError
        self.require_free(owner_id, key)
        messages = self._write(kept, decision, self.tick())
        self.keep_key(owner_id, key, kept, len(messages))
        return messages

    @override
    async def open_calls(
        self, owner_id: OwnerId, conversation_id: ConversationId, key: IdempotencyKey | None
    ) -> tuple[frozenset[str], Effect | None]:
        effect = self._keys.get((owner_id, key.stored)) if key else None
        return self.find(owner_id, conversation_id).open_calls, effect

    @override
    async def effect(self, owner_id: OwnerId, key: IdempotencyKey) -> Effect | None:
        return self._keys.get((owner_id, key.stored))

    def key_of(self, owner_id: OwnerId, conversation_id: ConversationId, seq: int) -> IdempotencyKey | None:
        """The key under which the message was written."""
        place = owner_id, conversation_id
        for (owner, key), effect in self._keys.items():
            if (owner, effect.conversation_id) == place and effect.first_seq <= seq <= effect.last_seq:
                return IdempotencyKey(key=key, fingerprint=effect.fingerprint)
        return None

    @override
    async def conversation(self, owner_id: OwnerId, conversation_id: ConversationId) -> Conversation:
        return self.find(owner_id, conversation_id).conversation

    @override
    async def conversations(self, owner_id: OwnerId, window: ConversationWindow) -> ConversationPage:
        after = (window.cursor.updated_at, window.cursor.conversation_id) if window.cursor else None
        mine = [kept.conversation for (owner, _), kept in self._kept.items() if owner == owner_id]
        shown = [
            one
            for one in mine
            if one.archived is window.archived and (after is None or (one.updated_at, one.id) < after)
        ]
        return ConversationPage.of(window, sorted(shown, key=lambda one: (one.updated_at, one.id), reverse=True))

    @override
    async def messages(self, owner_id: OwnerId, conversation_id: ConversationId, window: MessageWindow) -> MessagePage:
        kept = self.find(owner_id, conversation_id)
        there = kept.remaining
        anchor = next(
            (one for one in (window.before, window.after, window.around) if one is not None),
            kept.conversation.last_seq + 1,
        )
        place = sum(message.seq < anchor + (window.after is not None) for message in there)
        if window.around is not None:
            first = max(0, min(place - window.limit // 2, len(there) - window.limit))
        else:
            first = place if window.after is not None else max(0, place - window.limit)
        last = first + window.limit if window.before is None else place
        shown = there[first:last]
        return MessagePage.of(
            kept.conversation,
            _fitting(shown, anchor),
            lowest=there[0].seq if shown or there[:first] else None,
            highest=there[-1].seq if shown or there[last:] else None,
        )

    @override
    async def count_before(self, owner_id: OwnerId, conversation_id: ConversationId, seq: int) -> int:
        kept = self._kept.get((owner_id, conversation_id))
        return sum(message.seq < seq for message in kept.remaining) if kept else 0

    @override
    async def message(self, owner_id: OwnerId, conversation_id: ConversationId, seq: int) -> Message:
        kept = self._kept.get((owner_id, conversation_id))
        for message in kept.remaining if kept else ():
            if message.seq == seq:
                return message
        raise MessageNotFoundError

    @override
    async def remove(self, owner_id: OwnerId, conversation_id: ConversationId, removal: Removal) -> None:
        kept = self._find_settled(owner_id, conversation_id)
        if removal.follows not in (None, kept.conversation.last_seq):
            raise StateMovedError
        if removal.decided_on is not None and removal.decided_on != kept.open_calls:
            raise StateMovedError
        if not {*removal.seqs} <= {message.seq for message in kept.remaining}:
            raise StateMovedError
        if removal.leaves is not None:
            kept.open_calls = removal.leaves
        if removal.title is not UNSET and kept.conversation.title_is_auto:
            title = removal.title
            kept.conversation = replace(kept.conversation, title=title, title_is_auto=title is not None)
        kept.removed |= {*removal.seqs}
        kept.logs_from = kept.conversation.last_seq + 1

    @override
    async def clear(self, owner_id: OwnerId, conversation_id: ConversationId, last_seq: int) -> None:
        kept = self._find_settled(owner_id, conversation_id)
        if kept.conversation.last_seq != last_seq:
            raise StateMovedError
        seqs = tuple(message.seq for message in kept.remaining)
        await self.remove(owner_id, conversation_id, Removal(seqs=seqs, leaves=frozenset(), title=None))

    @override
    async def update(
        self, owner_id: OwnerId, conversation_id: ConversationId, change: ConversationChange
    ) -> Conversation:
        kept = self.find(owner_id, conversation_id)
        now = kept.conversation
        if change.decided_on_metadata is not None and change.decided_on_metadata.value != now.metadata.value:
            raise StateMovedError
        if change.title is not UNSET:
            now = replace(now, title=change.title, title_is_auto=False)
        if change.metadata is not None:
            now = replace(now, metadata=change.metadata)
        if change.archived is not UNSET:
            now = replace(now, archived_at=(now.archived_at or self.tick()) if change.archived else None)
        kept.conversation = now
        return now

    @override
    async def delete(self, owner_id: OwnerId, conversation_id: ConversationId) -> None:
        self.find(owner_id, conversation_id)
        del self._kept[owner_id, conversation_id]

    def has(self, owner_id: OwnerId, conversation_id: ConversationId) -> bool:
        """Whether the owner has this conversation."""
        return (owner_id, conversation_id) in self._kept

    def find(self, owner_id: OwnerId, conversation_id: ConversationId) -> KeptConversation:
        """What is kept of the conversation. Raises ConversationNotFoundError."""
        try:
            return self._kept[owner_id, conversation_id]
        except KeyError:
            raise ConversationNotFoundError from None

    def _find_settled(self, owner_id: OwnerId, conversation_id: ConversationId) -> KeptConversation:
        kept = self.find(owner_id, conversation_id)
        if kept.reply_seq is not None:
            raise ReplyRunningError
        return kept

    def _write(self, kept: KeptConversation, decision: AppendDecision, now: datetime) -> list[Message]:
        first = kept.conversation.last_seq + 1
        messages = [Message.of(new, kept.conversation.id, seq, now) for seq, new in enumerate(decision.messages, first)]
        kept.messages += messages
        if decision.leaves is not None:
            kept.open_calls = decision.leaves
        one = replace(kept.conversation, last_seq=kept.conversation.last_seq + len(messages), updated_at=now)
        if one.title is None and decision.title is not None:
            one = replace(one, title=decision.title, title_is_auto=True)
        kept.conversation = one
        return messages

    def require_free(self, owner_id: OwnerId, key: IdempotencyKey | None) -> None:
        """Raise IdempotencyKeyTakenError if the key had its effect."""
        if key and (owner_id, key.stored) in self._keys:
            raise IdempotencyKeyTakenError

    def keep_key(self, owner_id: OwnerId, key: IdempotencyKey | None, kept: KeptConversation, count: int) -> None:
        """Keep the key, if there is one, for the last ``count`` messages."""
        if key:
            self._keys[owner_id, key.stored] = Effect(
                fingerprint=key.fingerprint,
                conversation_id=kept.conversation.id,
                first_seq=kept.conversation.last_seq - count + 1,
                last_seq=kept.conversation.last_seq,
                created_at=kept.conversation.updated_at,
            )

    def tick(self) -> datetime:
        """The time, which has moved on."""
        self._now += timedelta(microseconds=1)
        return self._now


def _fitting(page: Sequence[Message], anchor: int) -> Sequence[Message]:
    """Of a page those nearest to the anchor, as many as may be read at once."""
    taken: list[Message] = []
    size = 0
    for message in sorted(page, key=lambda one: (abs(one.seq - anchor), one.seq)):
        size += sum(one.byte_count for one in message.documents)
        if taken and size > MAX_PAGE_BYTES:
            break
        taken.append(message)
    return sorted(taken, key=lambda one: one.seq)
