"""The budget of a context, and what messages take of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from domain.errors import RuleViolationError
from domain.exchanges import Exchange
from domain.pages import MAX_PAGE_BYTES
from domain.ports.token_counter import TokenCounter

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


@dataclass(frozen=True, slots=True)
class Cost:
    """What exchanges take: messages, tokens, and bytes of JSON."""

    messages: int = 0
    tokens: int = 0
    size: int = 0

    @classmethod
    def of(cls, exchange: Exchange, tokens: TokenCounter) -> Self:
        """What an exchange takes."""
        size = 0
        for message in exchange.messages:
            size += message.content.byte_count if message.content else 0
            size += message.tool_calls.byte_count if message.tool_calls else 0
        return cls(len(exchange.messages), sum(map(tokens.count, exchange.messages)), size)

    @classmethod
    def of_all(cls, exchanges: Iterable[Exchange], tokens: TokenCounter) -> "Cost":
        """What exchanges take together."""
        return sum((cls.of(exchange, tokens) for exchange in exchanges), Cost())

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.messages + other.messages, self.tokens + other.tokens, self.size + other.size)

    def fits(self, budget: ContextBudget, *, beside: "Cost | None" = None, share: float = 1) -> bool:
        """Whether it takes no more than this share of what the budget has left beside another cost.

        A context has no more bytes than a page.
        """
        used = beside or Cost()
        return (
            self.messages <= share * (budget.max_messages - used.messages)
            and self.tokens <= share * (budget.max_tokens - used.tokens)
            and self.size <= share * (MAX_PAGE_BYTES - used.size)
        )
