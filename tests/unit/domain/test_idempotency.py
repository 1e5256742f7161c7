"""Idempotency keys, and their effects."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.errors import IdempotencyKeyReusedError, RuleViolationError
from domain.idempotency import Effect, IdempotencyKey
from domain.identifiers import (
    ConversationId,
)

ID = ConversationId(UUID(int=0xABC))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("key", ["", "x" * 129, "a/b", "a b", "é", "a\n"])
def test_a_key_of_another_form_is_refused(key: str) -> None:
    with pytest.raises(RuleViolationError) as raised:
        IdempotencyKey(key=key, fingerprint=b"")

    assert raised.value.field == "idempotency_key"


def test_no_callers_key_is_the_key_of_a_step() -> None:
    key = IdempotencyKey(key="k" * 128, fingerprint=b"f")

    assert key.of_step("reply").stored == "k" * 128 + "/reply"


def test_another_request_under_a_key_is_refused() -> None:
    effect = Effect(fingerprint=b"f", conversation_id=ID, first_seq=1, last_seq=1, created_at=NOW)

    effect.require_same_request(IdempotencyKey(key="k", fingerprint=b"f"))
    with pytest.raises(IdempotencyKeyReusedError) as raised:
        effect.require_same_request(IdempotencyKey(key="k", fingerprint=b"g"))
    assert raised.value.field == "idempotency_key"
