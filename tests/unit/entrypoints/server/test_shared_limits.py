"""Which connections end where all of a worker hold too much together."""

import math
from dataclasses import dataclass, field
from typing import Any

import pytest

from entrypoints.server.shared_limits import Connection, bodies_fit, limit_unread, make_room


@dataclass(eq=False, kw_only=True)
class FakeConnection(Connection):
    """A connection that notes how it ends."""

    idle_since: float = 0.0
    body_bytes: int = 0
    is_closing: bool = False
    is_idle: bool = True
    unread_bytes: int = 0
    read_deadline: float = math.inf
    ends: list[str] = field(default_factory=list)

    def close_idle(self) -> None:
        self.ends.append("closed as idle")

    def cut_off(self) -> None:
        self.ends.append("was cut off")


def ends(*connections: FakeConnection) -> list[list[str]]:
    return [one.ends for one in connections]


def test_below_the_limit_no_connection_is_closed() -> None:
    first, closing, newcomer = FakeConnection(), FakeConnection(is_closing=True), FakeConnection()

    assert make_room([first, closing, newcomer], newcomer, 2)
    assert ends(first, closing, newcomer) == [[], [], []]


def test_the_connection_that_was_idle_for_longest_is_closed_and_never_the_newcomer() -> None:
    busy, later, longest = (
        FakeConnection(idle_since=1, is_idle=False),
        FakeConnection(idle_since=3),
        FakeConnection(idle_since=2),
    )
    newcomer = FakeConnection(idle_since=0)

    assert make_room([busy, later, longest, newcomer], newcomer, 3)
    assert ends(busy, later, longest, newcomer) == [[], [], ["closed as idle"], []]


def test_a_connection_that_gets_a_response_is_not_closed() -> None:
    busy, newcomer = FakeConnection(is_idle=False), FakeConnection()

    assert not make_room([busy, newcomer], newcomer, 1)
    assert ends(busy, newcomer) == [[], []]


@pytest.mark.parametrize(("sizes", "has_room"), [([], True), ([4, 6], True), ([4, 7], False)])
def test_bodies_have_a_bound_together(sizes: list[int], *, has_room: bool) -> None:
    assert bodies_fit([FakeConnection(body_bytes=size) for size in sizes], 10) is has_room


@pytest.mark.parametrize(
    ("most", "cut"),
    [(60, []), (59, ["longest"]), (50, ["longest"]), (49, ["longest", "longer"]), (0, ["longest", "longer"])],
)
def test_who_has_not_been_reading_for_longest_is_cut_off_but_the_newest_is_not(most: int, cut: list[str]) -> None:
    connections: dict[str, Any] = {
        "newest": FakeConnection(read_deadline=9, unread_bytes=30),
        "longer": FakeConnection(read_deadline=2, unread_bytes=20),
        "longest": FakeConnection(read_deadline=1, unread_bytes=10),
        "reading": FakeConnection(unread_bytes=1000),
    }

    limit_unread(connections.values(), connections["newest"], most)

    assert {name: one.ends for name, one in connections.items() if one.ends} == {name: ["was cut off"] for name in cut}
