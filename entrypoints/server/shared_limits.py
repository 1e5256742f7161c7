"""The crowd: what all clients of a worker hold together, and who has to go where that is too much."""

import math
from collections.abc import Iterable
from typing import Protocol


class Client(Protocol):
    """One connection, as the bounds see it."""

    idle_since: float
    """When it was made or last answered, by the monotonic clock: the event loop's has milliseconds only."""
    body_bytes: int
    """Of the request that is being read or answered."""

    @property
    def is_closing(self) -> bool:
        """Whether its end has begun."""

    @property
    def is_idle(self) -> bool:
        """Whether no request is being read or answered."""

    @property
    def unread_bytes(self) -> int:
        """What it has yet to take of its answers."""

    @property
    def must_read_by(self) -> float:
        """When it is cut off if it has not read by then, by the event loop's clock; infinity where it reads."""

    def give_way(self) -> None:
        """End it, since another needs its place."""

    def cut_off(self) -> None:
        """End it now, with what it has not taken."""


def make_room(clients: Iterable[Client], newcomer: Client, most: int) -> bool:
    """End the one that has waited longest for a request, if there are so many; False: every one has a request."""
    others = [one for one in clients if one is not newcomer and not one.is_closing]
    if len(others) < most:
        return True
    idle = [one for one in others if one.is_idle]
    if not idle:
        return False
    min(idle, key=lambda one: one.idle_since).give_way()
    return True


def has_room_for_bodies(clients: Iterable[Client], most: int) -> bool:
    """Whether the bodies that are being read or answered have at most so many bytes together."""
    return sum(one.body_bytes for one in clients) <= most


def bound_unread(clients: Iterable[Client], newest: Client, most: int) -> None:
    """Cut off those who have not been reading for longest, until so little waits for others than the newest to read."""
    waiting = sorted((one for one in clients if one.must_read_by < math.inf), key=lambda one: one.must_read_by)
    unread = sum(one.unread_bytes for one in waiting)
    for one in waiting:
        if one is newest or unread <= most:
            break
        unread -= one.unread_bytes
        one.cut_off()
