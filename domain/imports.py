"""Imports: conversations that were written elsewhere, with their own times, and what must hold of them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from domain.append import decide_append
from domain.conversation import Conversation
from domain.errors import RuleViolationError
from domain.identifiers import ConversationId, OwnerId, make_uuid7
from domain.message import NewMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedMessage:
    """A message of the conversation that was named last, with the place and the time that it had there."""

    seq: int
    message: NewMessage
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """How far a conversation has come: the seq of the last message that came, and the tool calls that it left open."""

    conversation: Conversation
    seq: int = 0
    open_calls: frozenset[str] = frozenset()

    def after(self, imported: ImportedMessage) -> "ImportProgress":
        """The progress with one more message. Raises RuleViolationError unless it may follow."""
        if imported.seq != self.seq + 1:
            raise RuleViolationError("seq", f"must be {self.seq + 1}, the next of its conversation")
        if imported.seq > self.conversation.last_seq:
            raise RuleViolationError("seq", f"must not be above {self.seq}, the last_seq of its conversation")
        if imported.created_at > self.conversation.updated_at:
            raise RuleViolationError("created_at", "must not be later than the updated_at of its conversation")
        try:
            leaves = decide_append([imported.message], self.open_calls).leaves
        except RuleViolationError as error:
            raise RuleViolationError(error.field.removeprefix("messages[0]."), str(error)) from error
        open_calls = self.open_calls if leaves is None else leaves
        return ImportProgress(conversation=self.conversation, seq=imported.seq, open_calls=open_calls)

    def require_end(self) -> None:
        """Raise RuleViolationError if messages are missing at the end."""
        if self.seq != self.conversation.last_seq:
            found = f"{self.seq} of the {self.conversation.last_seq} messages"
            raise RuleViolationError("the conversation before", f"must be complete, but only {found} came")


def derive_conversation_id(owner_id: OwnerId, source: str, created_at: datetime) -> ConversationId:
    """A new id for a conversation that is called ``source`` elsewhere: always the same one for this owner."""
    digest = hashlib.sha256(f"{owner_id}\n{source}".encode()).digest()
    milliseconds = int(created_at.timestamp() * 1000)
    return ConversationId(make_uuid7(milliseconds, int.from_bytes(digest) & (1 << 74) - 1))
