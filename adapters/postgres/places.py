"""Places: how many statements run at once, in all and for one owner."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from adapters.postgres.observer import Observer


class _Gate:
    """Lets so many in at once, and the others in their order. asyncio.Semaphore takes four times as long."""

    __slots__ = ("inside", "most", "queue")

    def __init__(self, most: int) -> None:
        self.most = most
        self.inside = 0
        self.queue: deque[asyncio.Future[None]] | None = None

    def let_in(self) -> bool:
        """Let one in, if there is room."""
        if self.inside >= self.most:
            return False
        self.inside += 1
        return True

    def let_out(self) -> None:
        """Let one out, and the next one in."""
        while self.queue:
            turn = self.queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.inside -= 1

    def turn(self) -> "asyncio.Future[None]":
        """The end of the queue: done when it has been let in."""
        turn = asyncio.get_running_loop().create_future()
        if self.queue is None:
            self.queue = deque()
        self.queue.append(turn)
        return turn


class Places:
    """There are ``most`` places for statements that run, and ``most_of_owner`` of them for one owner.

    Whoever finds none free waits, for ``seconds`` at most. The statements of one owner wait for each other first, in a
    queue of their own: however many they are, ``most_of_owner`` of them at most are before those of others. Those of no
    owner (None) don't.
    """

    def __init__(self, most: int, most_of_owner: int, *, seconds: float, observer: Observer) -> None:
        self.waiting = 0
        """Statements that wait."""
        self._all = _Gate(most)
        self._most_of_owner = most_of_owner
        self._of_owner: dict[str, _Gate] = {}
        self._seconds = seconds
        self._observer = observer

    async def enter(self, owner_id: str | None) -> None:
        """Become one of the owner's statements that may take a place. Raises TimeoutError."""
        if owner_id is None:
            return
        gate = self._of_owner.get(owner_id)
        if gate is None:
            gate = self._of_owner[owner_id] = _Gate(self._most_of_owner)
        if not gate.let_in():
            await self._wait_for(gate, lambda: self.leave(owner_id))

    def leave(self, owner_id: str | None) -> None:
        """Let the owner's next statement enter."""
        if owner_id is None:
            return
        gate = self._of_owner[owner_id]
        gate.let_out()
        if not gate.inside:
            del self._of_owner[owner_id]

    async def take(self) -> None:
        """Take a place. Raises TimeoutError."""
        if not self._all.let_in():
            await self._wait_for(self._all, self.give_back)

    def give_back(self) -> None:
        """Give a place back that was taken."""
        self._all.let_out()

    async def _wait_for(self, gate: _Gate, give_back: Callable[[], None]) -> None:
        turn = gate.turn()
        begun_at = time.perf_counter()
        self.waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():  # it came in the moment in which the caller gave up
                give_back()
            raise
        finally:
            self.waiting -= 1
            self._observer.waited(time.perf_counter() - begun_at)
