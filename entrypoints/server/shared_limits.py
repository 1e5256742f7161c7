"""Shared limits: what all connections of a worker hold together, and which of them ends where that is too much."""

import math
from collections.abc import Iterable
from typing import Protocol

from entrypoints.metrics.catalogue import LIMITS


class Connection(Protocol):
    """A client's connection, as the shared limits see it."""

    idle_since: float
    """When it was opened or got its last response, by the monotonic clock: the event loop's has milliseconds only."""
    body_bytes: int
    """Of the request that is being read or answered."""

    @property
    def is_closing(self) -> bool:
        """Whether it has begun to close."""

    @property
    def is_idle(self) -> bool:
        """Whether no request is being read or answered."""

    @property
    def unread_bytes(self) -> int:
        """Of its responses: what the client has yet to read."""

    @property
    def read_deadline(self) -> float:
        """When it is cut off unless the client reads, by the event loop's clock; infinity while the client reads."""

    def close_idle(self) -> None:
        """Close it, as it is idle and another needs its place."""

    def cut_off(self) -> None:
        """Close it at once; what the client has not read is lost."""


def make_room(connections: Iterable[Connection], newcomer: Connection, most: int) -> bool:
    """Close the connection that was idle for longest if there are ``most`` besides the newcomer.

    False if none is idle: then there is no room.
    """
    others = [one for one in connections if one is not newcomer and not one.is_closing]
    if len(others) < most:
        return True
    idle = [one for one in others if one.is_idle]
    if not idle:
        return False
    min(idle, key=lambda one: one.idle_since).close_idle()
    return True


def bodies_fit(connections: Iterable[Connection], most: int) -> bool:
    """Whether the bodies that are being read or answered have at most ``most`` bytes together."""
    return sum(one.body_bytes for one in connections) <= most


def limit_unread(connections: Iterable[Connection], newest: Connection, most: int) -> None:
    """Cut off clients that do not read until their unread responses have at most ``most`` bytes together.

    The one that has not read for longest goes first; the newest stays.
    """
    waiting = sorted((one for one in connections if one.read_deadline < math.inf), key=lambda one: one.read_deadline)
    unread = sum(one.unread_bytes for one in waiting)
    for one in waiting:
        if one is newest or unread <= most:
            break
        unread -= one.unread_bytes
        LIMITS.count("unread")
        one.cut_off()
