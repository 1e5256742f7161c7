"""Token buckets: nobody takes more than burst and rate allow, everybody gets that much, and memory is bounded."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrypoints.http.token_buckets import TokenBuckets

SEEDED = settings(max_examples=200, deadline=None, derandomize=True, database=None)
STEPS = st.lists(
    st.tuples(st.floats(0, 20), st.sampled_from("ab"), st.integers(0, 12)),
    max_size=60,
)
"""Seconds that pass, and then whose bucket is asked for how much."""


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def buckets(clock: Clock, *, burst: float = 10, per_second: float = 2, most: int = 100) -> TokenBuckets:
    return TokenBuckets(burst=burst, per_second=per_second, most=most, clock=clock)


def taken(limit: TokenBuckets, key: str, tokens: float = 1) -> bool:
    """Whether the bucket had them; then they are taken."""
    return not limit.take(key, tokens)


def test_a_burst_is_taken_at_once_and_then_only_what_flows_in() -> None:
    clock = Clock()
    limit = buckets(clock)

    at_once = [taken(limit, "ann") for _ in range(11)]
    clock.now = 0.5
    later = [taken(limit, "ann") for _ in range(2)]

    assert at_once == [True] * 10 + [False]
    assert later == [True, False]


def test_one_bucket_is_not_anothers() -> None:
    limit = buckets(Clock())
    limit.take("ann", 10)

    assert not taken(limit, "ann")
    assert taken(limit, "ben")


def test_it_tells_how_long_to_wait_and_what_is_left() -> None:
    limit = buckets(Clock())
    limit.take("ann", 8)

    assert (limit.left("ann"), limit.take("ann", 5), limit.take("ann", 2)) == (2, 1.5, 0)


def test_what_no_bucket_can_hold_is_let_through_a_full_one() -> None:
    clock = Clock()
    limit = buckets(clock)

    first, second = (taken(limit, "ann", 1000) for _ in range(2))
    clock.now = 5

    assert (first, second, taken(limit, "ann", 1000)) == (True, False, True)


def test_what_is_given_back_can_be_taken_again_and_no_more() -> None:
    clock = Clock()
    limit = buckets(clock)
    limit.take("ann", 10)
    limit.give_back("ann", 4)
    limit.give_back("ben", 4)

    assert (limit.left("ann"), limit.left("ben")) == (4, 10)
    clock.now = 100
    limit.give_back("ann", 4)
    assert limit.left("ann") == 10


def test_full_buckets_are_forgotten_unless_they_are_few() -> None:
    clock = Clock()
    limit = buckets(clock)
    for number in range(50):
        limit.take(str(number), 1)
    clock.now = 10
    for _ in range(50):
        limit.take("ann", 0.1)

    assert len(limit) == 10


@pytest.mark.parametrize("most", [1, 3])
def test_no_number_of_keys_makes_it_grow_and_those_in_use_are_kept(most: int) -> None:
    limit = buckets(Clock(), most=most)
    for number in range(100):
        limit.take(str(number), 1)
        limit.take("ann", 0.1 if number else 10)

    assert len(limit) <= most
    assert most == 1 or not taken(limit, "ann", 5)


@SEEDED
@given(STEPS)
def test_in_no_window_is_more_taken_than_burst_and_rate_allow(steps: Sequence[tuple[float, str, int]]) -> None:
    clock, granted = Clock(), list[tuple[float, str, int]]()
    limit = buckets(clock)
    for seconds, key, tokens in steps:
        clock.now += seconds
        if taken(limit, key, tokens):
            granted.append((clock.now, key, min(tokens, 10)))

    for begin, key, _ in granted:
        window = [(at, tokens) for at, owner, tokens in granted if owner == key and at >= begin]
        for end, _ in window:
            total = sum(tokens for at, tokens in window if at <= end)
            assert total <= 10 + 2 * (end - begin) + 1e-3


@SEEDED
@given(STEPS)
def test_whoever_waits_as_long_as_is_told_is_let_in(steps: Sequence[tuple[float, str, int]]) -> None:
    clock = Clock()
    limit = buckets(clock)
    for seconds, key, tokens in steps:
        clock.now += seconds
        if wait := limit.take(key, tokens):
            clock.now += wait

            assert taken(limit, key, tokens)
