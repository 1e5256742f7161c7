"""Maintenance: what owners have, in numbers, and what of it is too young to be purged."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

LEAST_KEY_AGE: Final = timedelta(hours=24)
"""A retry may come for so long: no idempotency key that is younger is ever purged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """How many conversations, and how many messages in them."""

    conversations: int = 0
    messages: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(
            conversations=self.conversations + other.conversations, messages=self.messages + other.messages
        )
