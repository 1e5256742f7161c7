"""A tally: it counts an event that anybody can cause at will, and logs some of the occurrences."""

import logging
import math
import time
from collections.abc import Callable
from typing import Final

_QUIET_SECONDS: Final = 60


class Tally:
    """Logs the 1st, 2nd, 4th, 8th … occurrence of each kind of the event: an attack does not fill the log.

    ``event`` is what the log says has happened, such as "Refused". After a minute without that kind it counts from 1
    again, so the first occurrence of another day shows at once too.
    """

    def __init__(self, log: logging.Logger, event: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._event = event
        self._clock = clock
        self._counts: dict[str, tuple[int, float]] = {}

    def count(self, kind: str) -> None:
        """Count one more; there are few kinds."""
        now = self._clock()
        count, last = self._counts.get(kind, (0, -math.inf))
        count = 1 if now - last >= _QUIET_SECONDS else count + 1
        self._counts[kind] = count, now
        if count & (count - 1) == 0:
            self._log.warning("%s %d time(s) since the last quiet minute: %s", self._event, count, kind)
