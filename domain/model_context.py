"""What a model gets of a conversation, and the budget that it must fit."""

from dataclasses import dataclass
from typing import Final

from domain.chat_message import ChatMessage
from domain.errors import RuleViolationError

MAX_MESSAGES: Final = 1_000
MAX_TOKENS: Final = 1_000_000
DEFAULT_MESSAGES: Final = 100
DEFAULT_TOKENS: Final = 32_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextBudget:
    """What a context may take: 1 to 1,000 messages, 1 to 1,000,000 tokens. Raises RuleViolationError."""

    max_messages: int = DEFAULT_MESSAGES
    max_tokens: int = DEFAULT_TOKENS

    def __post_init__(self) -> None:
        for name, most in (("max_messages", MAX_MESSAGES), ("max_tokens", MAX_TOKENS)):
            if not 1 <= getattr(self, name) <= most:
                raise RuleViolationError(name, f"must be 1 to {most}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelContext:
    """Messages that a provider of Chat Completions accepts, oldest first.

    ``last_seq``: up to where they tell the conversation; a reply that runs at its end comes after that.
    ``omitted``: how many messages up to there are left out.
    """

    messages: tuple[ChatMessage, ...]
    last_seq: int
    omitted: int
