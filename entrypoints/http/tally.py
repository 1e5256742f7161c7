"""A tally: what anybody can make happen as often as they like is counted, and logged now and then."""

import logging
import math
import time
from collections.abc import Callable
from typing import Final

_QUIET_SECONDS: Final = 60


class Tally:
    """Logs the 1st, 2nd, 4th, 8th … refusal of each kind: the first shows at once, an attack does not fill the log.

    After a quiet minute it counts from 1 again: what comes back another day shows at once too.
    """

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._counts: dict[str, tuple[int, float]] = {}

    def count(self, kind: str) -> None:
        """Count one more; there are few kinds."""
        now = self._clock()
        count, last = self._counts.get(kind, (0, -math.inf))
        count = 1 if now - last >= _QUIET_SECONDS else count + 1
        self._counts[kind] = count, now
        if count & (count - 1) == 0:
            self._log.warning("Refused %d time(s) since the last quiet minute: %s", count, kind)
