"""Ticks: instants that are the same for all who wait, so that what they do then can be done at once."""

import asyncio


async def wait_for_tick(interval: float, *, unless: asyncio.Event | None = None) -> float:
    """Wait for the next multiple of ``interval`` seconds, or until ``unless`` is set. Returns the loop's time."""
    loop = asyncio.get_running_loop()
    tick = (loop.time() // interval + 1) * interval
    if unless is None:
        await asyncio.sleep(tick - loop.time())
        return loop.time()
    try:
        async with asyncio.timeout_at(tick):
            await unless.wait()
    except TimeoutError:
        pass
    return loop.time()
