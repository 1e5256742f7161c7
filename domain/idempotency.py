"""Idempotency: however often a request is sent under one key, it has one effect."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from domain.errors import IdempotencyKeyReusedError, RuleViolationError
from domain.identifiers import ConversationId

_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A caller's key, with a fingerprint (hash) of the request that was sent under it.

    ``step`` names one write of a request that makes several.
    """

    key: str
    fingerprint: bytes
    step: str = ""

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise RuleViolationError("idempotency_key", "must be 1 to 128 letters, digits, hyphens or underscores")

    @property
    def stored(self) -> str:
        """The key as it is stored: the step follows after a slash, which a caller's key can't contain."""
        return f"{self.key}/{self.step}" if self.step else self.key

    def of_step(self, step: str) -> Self:
        """The key of a further write of the same request."""
        return replace(self, step=step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a request under a key wrote: the messages ``first_seq`` to ``last_seq`` (none if first > last)."""

    fingerprint: bytes
    conversation_id: ConversationId
    first_seq: int
    last_seq: int
    created_at: datetime

    def require_same_request(self, key: IdempotencyKey) -> None:
        """Raise IdempotencyKeyReusedError if the key now comes with another request than the first time."""
        if self.fingerprint != key.fingerprint:
            raise IdempotencyKeyReusedError("idempotency_key", "was used for another request")
