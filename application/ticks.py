"""Ticks: instants that are the same for all who wait, so that what they do then can be done at once."""

import asyncio
from collections import defaultdict
from weakref import WeakKeyDictionary

_waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, defaultdict[float, set[asyncio.Event]]] = WeakKeyDictionary()
"""For each loop, whom its next ticks wake. A timer for all of them costs less than one for each."""


async def wait_for_tick(interval: float, event: asyncio.Event | None = None) -> float:
    """Wait for the next multiple of ``interval`` seconds, or until the event is set. Returns the loop's time.

    The event is clear afterwards.
    """
    loop = asyncio.get_running_loop()
    event = event or asyncio.Event()
    tick = (loop.time() // interval + 1) * interval
    ticks = _waiting.setdefault(loop, defaultdict(set))
    if tick not in ticks:
        loop.call_at(tick, _wake, loop, tick)
    waiting = ticks[tick]
    waiting.add(event)
    try:
        await event.wait()
    finally:
        waiting.discard(event)
    event.clear()
    return loop.time()


def _wake(loop: asyncio.AbstractEventLoop, tick: float) -> None:
    for event in _waiting[loop].pop(tick):
        event.set()
