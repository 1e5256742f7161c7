"""Imports: conversations that were written elsewhere, with their own times, and what must hold of them."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from domain.call_state import CallState
from domain.conversation import Conversation
from domain.errors import RuleViolationError
from domain.identifiers import ConversationId, OwnerId, make_uuid7
from domain.message import NewMessage

MAX_REMOVED: Final = 1_000_000
"""Each is written as a row, and there is nothing to show for it in what is imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedMessage:
    """A message of the conversation that was named last, with the place and the time that it had there."""

    seq: int
    message: NewMessage
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """How far a conversation has come: the seq of the last message that came, and the state of its tool calls.

    ``removed``: how many seqs were left out until there, which are those of messages that were removed.
    """

    conversation: Conversation
    seq: int = 0
    removed: int = 0
    calls: CallState = field(default_factory=CallState)

    def after(self, imported: ImportedMessage) -> "ImportProgress":
        """The progress with one more message. Raises RuleViolationError unless it may follow."""
        if imported.seq <= self.seq:
            raise RuleViolationError("seq", f"must be above {self.seq}, that of the message before")
        if imported.seq > self.conversation.last_seq:
            last_seq = self.conversation.last_seq
            raise RuleViolationError("seq", f"must not be above {last_seq}, the last_seq of its conversation")
        if imported.created_at > self.conversation.updated_at:
            raise RuleViolationError("created_at", "must not be later than the updated_at of its conversation")
        before = self.up_to(imported.seq - 1)
        try:
            calls = before.calls.after(imported.message)
        except RuleViolationError as error:
            raise RuleViolationError(error.field.removeprefix("messages[0]."), str(error)) from error
        return replace(before, seq=imported.seq, calls=calls)

    def up_to(self, seq: int) -> "ImportProgress":
        """The progress with all messages up to ``seq``: those that did not come were removed.

        Raises RuleViolationError if they are more than MAX_REMOVED.
        """
        left_out = seq - self.seq
        if not left_out:
            return self
        if self.removed + left_out > MAX_REMOVED:
            raise RuleViolationError("seq", f"must not leave out more than {MAX_REMOVED} messages of a conversation")
        return replace(self, seq=seq, removed=self.removed + left_out, calls=self.calls.after_removed())


def derive_conversation_id(owner_id: OwnerId, source: str, created_at: datetime) -> ConversationId:
    """A new id for a conversation that is called ``source`` elsewhere: always the same one for this owner."""
    digest = hashlib.sha256(f"{owner_id}\n{source}".encode()).digest()
    milliseconds = int(created_at.timestamp() * 1000)
    return ConversationId(make_uuid7(milliseconds, int.from_bytes(digest) & (1 << 74) - 1))
