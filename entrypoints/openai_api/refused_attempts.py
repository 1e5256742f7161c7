"""Refused attempts: the requests that a limit has refused in this process, so that each may be sent once more."""

from collections import OrderedDict
from typing import Final

MOST_ATTEMPTS: Final = 10_000


class RefusedAttempts:
    """Digests of requests. The one that is remembered longest is forgotten for one too many."""

    def __init__(self, most: int = MOST_ATTEMPTS) -> None:
        self._most = most
        self._digests: OrderedDict[bytes, None] = OrderedDict()

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._digests)

    def add(self, digest: bytes) -> None:
        """Remember a request."""
        self._digests[digest] = None
        if len(self._digests) > self._most:
            self._digests.popitem(last=False)

    def take(self, digest: bytes) -> bool:
        """Forget a request, and tell whether it was remembered."""
        was_there = digest in self._digests
        self._digests.pop(digest, None)
        return was_there
