"""Quotas."""

from contextlib import nullcontext

import pytest

from domain.quotas import NO_QUOTAS, Quotas, TooManyConversationsError, TooManyMessagesError


@pytest.mark.parametrize(
    ("last_seq", "added", "fits"), [(0, 10, True), (9, 1, True), (9, 2, False), (10, 1, False), (12, 1, False)]
)
def test_as_many_messages_fit_as_the_quota_has_places(last_seq: int, added: int, *, fits: bool) -> None:
    with nullcontext() if fits else pytest.raises(TooManyMessagesError) as refused:
        Quotas(messages=10).require_places(last_seq, added)

    if refused:
        assert refused.value.most == 10


def test_without_a_quota_any_number_fits() -> None:
    NO_QUOTAS.require_places(10**12, 100)
    Quotas(conversations=1).require_places(10**12, 100)


def test_a_refusal_tells_the_quota_and_what_to_do() -> None:
    assert str(TooManyConversationsError(7)) == (
        "A user may have at most 7 conversations. Delete some before you begin another one."
    )
    assert str(TooManyMessagesError(7)) == (
        "A conversation may have at most 7 messages, removed ones and the reply included. Begin a new conversation."
    )
