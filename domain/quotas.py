"""Quotas: how much an owner may keep, and the errors that refuse to add more."""

from dataclasses import dataclass
from typing import Final

from domain.errors import ForbiddenError


class QuotaReachedError(ForbiddenError):
    """What would be added is more than may be kept. Nothing was written."""


class TooManyConversationsError(QuotaReachedError):
    """The owner has as many conversations as may be kept, ``most``, or more."""

    code = "too_many_conversations"

    def __init__(self, most: int) -> None:
        super().__init__(f"A user may have at most {most} conversations. Delete some before you begin another one.")
        self.most = most


class TooManyMessagesError(QuotaReachedError):
    """The conversation would have more messages than ``most``, removed ones included."""

    code = "too_many_messages"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"A conversation may have at most {most} messages, removed ones and the reply included. "
            "Begin a new conversation."
        )
        self.most = most


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """How many ``conversations`` an owner may have, and how many ``messages`` a conversation; 0: any number.

    A message that was removed counts, since its place stays. What there is when a quota is lowered is kept.
    """

    conversations: int = 0
    messages: int = 0

    def require_places(self, last_seq: int, added: int) -> None:
        """Raise TooManyMessagesError unless a conversation with this last seq may have so many more messages."""
        if self.messages and last_seq + added > self.messages:
            raise TooManyMessagesError(self.messages)


NO_QUOTAS: Final = Quotas()
