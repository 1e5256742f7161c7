"""Running replies: each runs to its end, also when its caller has gone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from domain.errors import OverloadedError, ResponderFailedError
from domain.identifiers import OwnerId

_log = logging.getLogger(__name__)

DEFAULT_SECONDS: Final = 30 * 60
MOST_REPLIES: Final = 1000

type ReplyKey = tuple[OwnerId, str]
"""An owner, and the idempotency key under which the owner asked for the reply."""


@dataclass(slots=True, eq=False)
class _Running[Reply]:
    """A reply's task, and how many callers wait for it."""

    task: asyncio.Task[Reply]
    callers: int = 0


class RunningReplies[Reply]:
    """The replies of this process: each is a task of its own, and at most one runs under a key."""

    def __init__(self, *, seconds: float = DEFAULT_SECONDS, most: int = MOST_REPLIES) -> None:
        """``seconds``: how long a reply may take. ``most``: how many may run at once."""
        self._seconds = seconds
        self._most = most
        self._running: set[_Running[Reply]] = set()
        self._by_key: dict[ReplyKey, _Running[Reply]] = {}

    def require_room(self) -> None:
        """Raise OverloadedError if no further reply may begin."""
        if len(self._running) >= self._most:
            raise OverloadedError

    def is_running(self, key: ReplyKey | None) -> bool:
        """Whether a reply runs under the key; None is no key."""
        return key in self._by_key

    async def run(self, key: ReplyKey | None, make: Callable[[], Awaitable[Reply]]) -> Reply:
        """The reply that runs under the key, or else the one that ``make`` gives.

        It runs on when the caller is cancelled. Raises what ``make`` raises; ResponderFailedError when its time is
        over, or when ``close`` ends it.
        """
        running = self._by_key.get(key) if key else None
        running = running or self._start(key, make)
        running.callers += 1
        try:
            await asyncio.wait({running.task})  # which, unlike awaiting the task, does not cancel it
        finally:
            running.callers -= 1
        return running.task.result()

    async def close(self) -> None:
        """End all replies; each keeps what it has said."""
        tasks = {running.task for running in self._running}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _start(self, key: ReplyKey | None, make: Callable[[], Awaitable[Reply]]) -> _Running[Reply]:
        running = _Running(asyncio.create_task(self._bounded(make)))
        self._running.add(running)
        if key:
            self._by_key[key] = running
        running.task.add_done_callback(lambda _: self._end(key, running))
        return running

    async def _bounded(self, make: Callable[[], Awaitable[Reply]]) -> Reply:
        try:
            async with asyncio.timeout(self._seconds):
                return await make()
        except (TimeoutError, asyncio.CancelledError) as error:
            raise ResponderFailedError from error

    def _end(self, key: ReplyKey | None, running: _Running[Reply]) -> None:
        self._running.discard(running)
        if key:
            del self._by_key[key]
        error = None if running.task.cancelled() else running.task.exception()
        if error and not running.callers:
            cause = error.__cause__ or error
            _log.warning("A reply failed after its caller had gone: %s", type(cause).__name__)
