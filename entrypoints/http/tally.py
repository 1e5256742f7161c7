"""A tally: what anybody can make happen as often as they like is counted, and logged now and then."""

import logging
from collections import Counter


class Tally:
    """Logs the 1st, 2nd, 4th, 8th … refusal of each kind: the first shows at once, an attack does not fill the log."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._counts: Counter[str] = Counter()

    def count(self, kind: str) -> None:
        """Count one more; there are few kinds."""
        self._counts[kind] += 1
        count = self._counts[kind]
        if count & (count - 1) == 0:
            self._log.warning("Refused %d time(s) since the start: %s", count, kind)
