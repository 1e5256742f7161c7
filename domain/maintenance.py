"""Maintenance: how much owners have, and how old a key must be to be purged."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

LEAST_KEY_AGE: Final = timedelta(hours=24)
"""A retry may come for so long: no idempotency key that is younger is ever purged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """A number of conversations, and the number of messages in them."""

    conversations: int = 0
    messages: int = 0

    @property
    def total(self) -> int:
        """All of them together."""
        return self.conversations + self.messages

    def __add__(self, other: Self) -> Self:
        return type(self)(
            conversations=self.conversations + other.conversations, messages=self.messages + other.messages
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedRows:
    """How many rows of each table an owner has."""

    conversations: int = 0
    messages: int = 0
    idempotency_keys: int = 0

    @property
    def total(self) -> int:
        """All of them together."""
        return self.conversations + self.messages + self.idempotency_keys

    def __add__(self, other: Self) -> Self:
        return type(self)(
            conversations=self.conversations + other.conversations,
            messages=self.messages + other.messages,
            idempotency_keys=self.idempotency_keys + other.idempotency_keys,
        )
