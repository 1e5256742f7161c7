"""The cost of exchanges: what they take of a context's budget."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from domain.exchanges import Exchange
from domain.model_context import ContextBudget
from domain.pages import MAX_PAGE_BYTES
from domain.ports.token_counter import TokenCounter


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
