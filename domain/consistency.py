"""Consistency: what is stored, as the check reads it, and the findings that follow from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from domain.call_state import CallState
from domain.errors import RuleViolationError
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import JsonText
from domain.message import NewMessage
from domain.roles import Role


class FindingKind(StrEnum):
    """What a finding is about."""

    SEQS = "seqs"
    """The messages of a conversation are not 1 to its last_seq."""
    STRAY_MESSAGES = "stray_messages"
    """Messages without a conversation."""
    EMPTY_OWNER = "empty_owner"
    """Rows that belong to nobody."""
    KEY = "key"
    """An idempotency key whose messages its conversation does not have, or whose seqs are no range."""
    OPEN_CALLS = "open_calls"
    """The open tool calls do not follow from the messages."""
    UPDATED_AT = "updated_at"
    """A conversation that was last updated before its newest message."""
    REPLY = "reply"
    """A message in progress where no reply runs, or a reply that runs without its message at the end."""
    REMOVED = "removed"
    """Messages that were removed, and still have what they said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong. It has numbers only, and nothing of what people wrote."""

    kind: FindingKind
    owner_id: OwnerId
    conversation_id: ConversationId | None = None
    numbers: Mapping[str, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", MappingProxyType({**self.numbers}))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConversation:
    """A conversation's row, and figures of its messages, read at one instant. They are None if it has no message.

    ``in_progress``: how many messages are; ``in_progress_seq``: the last one's seq. ``not_emptied``: how many were
    removed and still have something but their place.
    """

    conversation_id: ConversationId
    last_seq: int
    updated_at: datetime
    message_count: int
    lowest_seq: int | None
    highest_seq: int | None
    newest_message_at: datetime | None
    uses_tools: bool
    reply_seq: int | None = None
    in_progress: int = 0
    in_progress_seq: int | None = None
    not_emptied: int = 0

    def findings(self, owner_id: OwnerId) -> Iterator[Finding]:
        """What is wrong with it. No seq is stored twice, so if the ends and the count fit there is no gap."""
        first, last = self.lowest_seq or 0, self.highest_seq or 0
        if (self.message_count, last) != (self.last_seq, self.last_seq) or first != min(1, self.last_seq):
            numbers = {"last_seq": self.last_seq, "messages": self.message_count, "first": first, "last": last}
            yield Finding(
                kind=FindingKind.SEQS, owner_id=owner_id, conversation_id=self.conversation_id, numbers=numbers
            )
        if self.newest_message_at is not None and self.updated_at < self.newest_message_at:
            behind = (self.newest_message_at - self.updated_at).total_seconds() * 1_000_000
            numbers = {"microseconds": round(behind)}
            yield Finding(
                kind=FindingKind.UPDATED_AT, owner_id=owner_id, conversation_id=self.conversation_id, numbers=numbers
            )
        expected = (0, None) if self.reply_seq is None else (1, self.last_seq)
        if (self.in_progress, self.in_progress_seq) != expected or (self.reply_seq or 0) > self.last_seq:
            numbers = {
                "reply_seq": self.reply_seq or 0,
                "in_progress": self.in_progress,
                "in_progress_seq": self.in_progress_seq or 0,
            }
            yield Finding(
                kind=FindingKind.REPLY, owner_id=owner_id, conversation_id=self.conversation_id, numbers=numbers
            )
        if self.not_emptied:
            numbers = {"messages": self.not_emptied}
            yield Finding(
                kind=FindingKind.REMOVED, owner_id=owner_id, conversation_id=self.conversation_id, numbers=numbers
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredIdempotencyKey:
    """An idempotency key's effect, and the last seq of its conversation (None if deleted), read at one instant."""

    conversation_id: ConversationId
    first_seq: int
    last_seq: int
    conversation_last_seq: int | None

    def findings(self, owner_id: OwnerId) -> Iterator[Finding]:
        """What is wrong with it. First = last + 1 is right: nothing was written but a conversation."""
        is_range = 1 <= self.first_seq <= self.last_seq + 1
        if is_range and (self.conversation_last_seq is None or self.last_seq <= self.conversation_last_seq):
            return
        numbers = {"first_seq": self.first_seq, "last_seq": self.last_seq}
        if self.conversation_last_seq is not None:
            numbers["conversation_last_seq"] = self.conversation_last_seq
        yield Finding(kind=FindingKind.KEY, owner_id=owner_id, conversation_id=self.conversation_id, numbers=numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStep:
    """A message's role and tool calls, which is all that open calls follow from.

    ``removed``: it is a user's turn that was removed, and what it closed stays closed.
    """

    seq: int
    role: Role
    removed: bool = False
    tool_calls: JsonText | None = None
    tool_call_id: str | None = None

    def as_new(self) -> NewMessage:
        """The message as one to be written, with a placeholder as its content. Raises RuleViolationError."""
        tool_calls = () if self.tool_calls is None else self.tool_calls.value
        return NewMessage(role=self.role, content="-", tool_calls=tool_calls, tool_call_id=self.tool_call_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHistory:
    """A conversation's open tool calls as stored, and the tool steps from which they follow, read at one instant."""

    open_calls: tuple[str, ...]
    tool_steps: tuple[ToolStep, ...]

    def findings(self, owner_id: OwnerId, conversation_id: ConversationId) -> Iterator[Finding]:
        """What is wrong: calls that do not follow from the steps, their order, or a step that no append allows.

        The rules of appends decide, message by message. Writes compare the calls in their order.
        """
        state = CallState()
        numbers: dict[str, int] = {}
        for step in self.tool_steps:
            try:
                state = state.after_removed() if step.removed else state.after(step.as_new())
            except RuleViolationError:
                numbers["impossible_at"] = step.seq
                break
        kept = frozenset(self.open_calls)
        if not numbers and list(self.open_calls) == sorted(kept) and state.open <= kept <= state.possible:
            return
        missing, too_many = len(state.open - kept), len(kept - state.possible)
        numbers |= {"open": len(self.open_calls), "missing": missing, "too_many": too_many}
        yield Finding(kind=FindingKind.OPEN_CALLS, owner_id=owner_id, conversation_id=conversation_id, numbers=numbers)
