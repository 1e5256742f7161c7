"""Waiting for what another process or thread does."""

import time
from collections.abc import Callable


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether it becomes true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
