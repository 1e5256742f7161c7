"""Token buckets: how much each of many users, or addresses, may take in a burst, and for good."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

MOST_BUCKETS: Final = 10_000
_INSTANT: Final = 1e-6
"""Seconds; sums of fractions are not exact."""


class TokenBuckets:
    """One bucket for each key. It is full at first, holds ``burst`` tokens, and ``per_second`` of them flow in.

    So in ``t`` seconds at most ``burst + per_second * t`` tokens are taken by one key. Beyond a tenth of ``most``, full
    buckets are forgotten. If ``most`` are not full, the one from which nothing was taken for longest is, for a new one.
    """

    def __init__(
        self,
        *,
        burst: float,
        per_second: float,
        most: int = MOST_BUCKETS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._seconds_to_fill = burst / per_second
        self._most = most
        self._few = most // 10
        self._clock = clock
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        """How many buckets are remembered."""
        return len(self._full_at)

    def take(self, key: Hashable, tokens: float) -> float:
        """Take tokens if the bucket has them. Returns in how many seconds it will have them; 0 if they were taken.

        More than ``burst`` are as many.
        """
        now = self._clock()
        full_at = max(self._full_at.get(key, now), now) + min(tokens, self._burst) / self._per_second
        missing = full_at - now - self._seconds_to_fill
        if missing > _INSTANT:
            return missing
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._few:
            self._forget(now)
        return 0.0

    def left(self, key: Hashable) -> float:
        """How many tokens the bucket has."""
        seconds = max(0.0, self._full_at.get(key, 0.0) - self._clock())
        return self._burst - seconds * self._per_second

    def give_back(self, key: Hashable, tokens: float) -> None:
        """Put tokens back that were taken."""
        if key in self._full_at:
            self._full_at[key] -= min(tokens, self._burst) / self._per_second

    def _forget(self, now: float) -> None:
        """Forget the oldest bucket if it is full, or one too many; so two go where one may come."""
        for _ in range(2):
            oldest = next(iter(self._full_at))
            is_full, count = self._full_at[oldest] <= now, len(self._full_at)
            if count <= self._few or (count <= self._most and not is_full):
                return
            del self._full_at[oldest]
