"""Pages: of a conversation's messages, and of an owner's conversations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from domain.conversation import Conversation
from domain.errors import RuleViolationError
from domain.identifiers import ConversationId
from domain.message import Message

MAX_MESSAGES: Final = 200
MAX_PAGE_BYTES: Final = 4 * 1024 * 1024
"""Of the JSON of its messages: content, tool calls, metadata, items."""
MAX_CONVERSATIONS: Final = 100
MAX_SEQ: Final = 2**32 - 1
"""What fits into a message's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageWindow:
    """Which messages to read: those before, after or around a seq (the anchor), or without one the newest.

    ``limit`` is 1 to 200. A window around a seq has that many messages wherever the conversation has so many. If they
    have more than MAX_PAGE_BYTES, those nearest to the anchor are read, as many as fit, but at least one.
    """

    limit: int = 50
    before: int | None = None
    after: int | None = None
    around: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_MESSAGES:
            raise RuleViolationError("limit", f"must be 1 to {MAX_MESSAGES}")
        anchors = {"before": self.before, "after": self.after, "around": self.around}
        given = {name: seq for name, seq in anchors.items() if seq is not None}
        if len(given) > 1:
            raise RuleViolationError(next(reversed(given)), "only one of before, after and around may be given")
        for name, seq in given.items():
            if not 0 <= seq <= MAX_SEQ:
                raise RuleViolationError(name, "must be a sequence number")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    """Messages of a conversation, oldest first, and whether the conversation has more before and after them."""

    conversation: Conversation
    messages: tuple[Message, ...]
    has_more_before: bool
    has_more_after: bool

    @classmethod
    def of(
        cls, conversation: Conversation, messages: Sequence[Message], *, lowest: int | None, highest: int | None
    ) -> Self:
        """The page of these messages; ``lowest`` and ``highest`` are seqs that the conversation has, in it or not."""
        return cls(
            conversation=conversation,
            messages=tuple(messages),
            has_more_before=lowest is not None and (not messages or lowest < messages[0].seq),
            has_more_after=highest is not None and (not messages or highest > messages[-1].seq),
        )

    def followed_by(self, later: "MessagePage") -> "MessagePage":
        """Both pages as one; ``later`` begins where this one ends."""
        return replace(later, messages=self.messages + later.messages, has_more_before=self.has_more_before)


@dataclass(frozen=True, slots=True)
class ConversationCursor:
    """A place in the list of conversations: after the one with this ``updated_at`` and id."""

    updated_at: datetime
    conversation_id: ConversationId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationWindow:
    """Which conversations to list, latest activity first: ``limit`` (1 to 100) after ``cursor``, or the first ones."""

    limit: int = 20
    cursor: ConversationCursor | None = None
    archived: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_CONVERSATIONS:
            raise RuleViolationError("limit", f"must be 1 to {MAX_CONVERSATIONS}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPage:
    """Conversations, latest activity first, and the cursor of the next page (None if this is the last one)."""

    conversations: tuple[Conversation, ...]
    next_cursor: ConversationCursor | None

    @classmethod
    def of(cls, window: ConversationWindow, following: Sequence[Conversation]) -> Self:
        """The page of a window. ``found`` follows its cursor, and has one more than its limit if there are more."""
        shown = tuple(following[: window.limit])
        if len(following) == len(shown):
            return cls(conversations=shown, next_cursor=None)
        return cls(conversations=shown, next_cursor=ConversationCursor(shown[-1].updated_at, shown[-1].id))
