"""Places: how many statements run at once, in all and for one owner."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable
from typing import Any

from adapters.postgres.observer import Observer


class Places:
    """There are ``most`` places for statements that run, and ``most_of_owner`` of them for one owner.

    Whoever finds none free waits, for ``seconds`` at most. The statements of one owner wait for each other first, in a
    queue of their own: however many they are, ``most_of_owner`` of them at most are before those of others. Those of no
    owner (None) don't.
    """

    def __init__(self, most: int, most_of_owner: int, *, seconds: float, observer: Observer) -> None:
        self.waiting = 0
        """Statements that wait."""
        self._all = asyncio.Semaphore(most)
        self._most_of_owner = most_of_owner
        self._of_owner: dict[str, int] = {}
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}
        self._seconds = seconds
        self._observer = observer

    async def enter(self, owner_id: str | None) -> None:
        """Become one of the owner's statements that may take a place. Raises TimeoutError."""
        if owner_id is None:
            return
        entered = self._of_owner.get(owner_id, 0)
        if entered < self._most_of_owner:
            self._of_owner[owner_id] = entered + 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(owner_id, deque()).append(turn)
        try:
            await self._wait_for(turn)
        except BaseException:
            if turn.done() and not turn.cancelled():  # it came in the moment in which the caller gave up
                self.leave(owner_id)
            raise

    def leave(self, owner_id: str | None) -> None:
        """Let the owner's next statement enter."""
        if owner_id is None:
            return
        queue = self._queues.get(owner_id, deque())
        while queue:
            turn = queue.popleft()
            if not queue:
                del self._queues[owner_id]
            if not turn.done():
                turn.set_result(None)
                return
        left = self._of_owner.pop(owner_id) - 1
        if left:
            self._of_owner[owner_id] = left

    async def take(self) -> None:
        """Take a place. Raises TimeoutError."""
        if self._all.locked():
            await self._wait_for(self._all.acquire())
        else:
            await self._all.acquire()

    def give_back(self) -> None:
        """Give a place back that was taken."""
        self._all.release()

    async def _wait_for(self, place: Awaitable[Any]) -> None:
        begun_at = time.perf_counter()
        self.waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await place
        finally:
            self.waiting -= 1
            self._observer.waited(time.perf_counter() - begun_at)
