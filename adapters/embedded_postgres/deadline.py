"""Waiting for other processes, within a deadline."""

import time
from collections.abc import Callable

_SECONDS_BETWEEN_LOOKS = 0.01


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until the condition holds. Returns False if it does not within that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    return True
