"""Ids of calls, made unique: some servers count them anew in each answer, and the SDK mixes those of one id up."""

from itertools import count


class CallIds:
    """The ids that are in use in a request."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def take(self, call_id: str) -> str:
        """The id, or one that begins with it if it is in use; it is in use from now on."""
        free, number = call_id, count(2)
        while free in self._used:
            free = f"{call_id}-{next(number)}"
        self._used.add(free)
        return free
