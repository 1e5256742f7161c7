"""Who has to go where the clients of a worker hold too much together."""

import math
from dataclasses import dataclass, field
from typing import Any

import pytest

from entrypoints.server.shared_limits import Client, bound_unread, has_room_for_bodies, make_room


@dataclass(eq=False, kw_only=True)
class Guest(Client):
    """A connection that notes how it ends."""

    idle_since: float = 0.0
    body_bytes: int = 0
    is_closing: bool = False
    is_idle: bool = True
    unread_bytes: int = 0
    must_read_by: float = math.inf
    ends: list[str] = field(default_factory=list)

    def give_way(self) -> None:
        self.ends.append("gave way")

    def cut_off(self) -> None:
        self.ends.append("was cut off")


def ends(*guests: Guest) -> list[list[str]]:
    return [one.ends for one in guests]


def test_below_the_bound_nobody_gives_way() -> None:
    first, closing, newcomer = Guest(), Guest(is_closing=True), Guest()

    assert make_room([first, closing, newcomer], newcomer, 2)
    assert ends(first, closing, newcomer) == [[], [], []]


def test_who_waited_longest_for_a_request_gives_way_and_never_the_newcomer() -> None:
    busy, later, longest = Guest(idle_since=1, is_idle=False), Guest(idle_since=3), Guest(idle_since=2)
    newcomer = Guest(idle_since=0)

    assert make_room([busy, later, longest, newcomer], newcomer, 3)
    assert ends(busy, later, longest, newcomer) == [[], [], ["gave way"], []]


def test_who_is_being_answered_does_not_give_way() -> None:
    busy, newcomer = Guest(is_idle=False), Guest()

    assert not make_room([busy, newcomer], newcomer, 1)
    assert ends(busy, newcomer) == [[], []]


@pytest.mark.parametrize(("sizes", "has_room"), [([], True), ([4, 6], True), ([4, 7], False)])
def test_bodies_have_a_bound_together(sizes: list[int], *, has_room: bool) -> None:
    assert has_room_for_bodies([Guest(body_bytes=size) for size in sizes], 10) is has_room


@pytest.mark.parametrize(
    ("most", "cut"),
    [(60, []), (59, ["longest"]), (50, ["longest"]), (49, ["longest", "longer"]), (0, ["longest", "longer"])],
)
def test_who_has_not_been_reading_for_longest_is_cut_off_but_the_newest_is_not(most: int, cut: list[str]) -> None:
    guests: dict[str, Any] = {
        "newest": Guest(must_read_by=9, unread_bytes=30),
        "longer": Guest(must_read_by=2, unread_bytes=20),
        "longest": Guest(must_read_by=1, unread_bytes=10),
        "reading": Guest(unread_bytes=1000),
    }

    bound_unread(guests.values(), guests["newest"], most)

    assert {name: one.ends for name, one in guests.items() if one.ends} == {name: ["was cut off"] for name in cut}
