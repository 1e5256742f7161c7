"""Grouping: calls that come at once are made by one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

MOST: Final = 100


class Grouped[Given, Result]:
    """A call whose callers share a statement: those that come while one runs are the next group.

    It takes no longer than a call alone when nobody else calls.
    """

    def __init__(self, run: Callable[[Sequence[Given]], Awaitable[Sequence[Result | Exception]]]) -> None:
        """``run`` makes the calls of a group, at most 100, and gives the result of each, or the error to be raised."""
        self._run = run
        self._waiting: list[tuple[Given, asyncio.Future[Result]]] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, given: Given) -> Result:
        """The result for what is given. A caller that is cancelled leaves the group's call as it is."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((given, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run_all())
        return await future

    async def _run_all(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._run_group(group)
        finally:
            self._running = None

    async def _run_group(self, group: Sequence[tuple[Given, "asyncio.Future[Result]"]]) -> None:
        try:
            results = await self._run([given for given, _ in group])
        except Exception as error:  # noqa: BLE001 - each caller gets it
            results = [error] * len(group)
        for (_, future), result in zip(group, results, strict=True):
            if future.done():
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
