"""Draining: a server that lets its clients leave before it ends."""

import asyncio
import math
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import Final, override

import uvicorn

from entrypoints.http.health import DRAINING
from entrypoints.server.reading import GuardedProtocol
from entrypoints.server.writing import CLOSING

SECONDS_TO_MOVE: Final = 5.0
"""How long a worker that was replaced keeps connections open on which no request comes."""


class DrainingServer(uvicorn.Server):
    """uvicorn's server, which does not end as soon as it is told to.

    A signal drains it: for ``drain_seconds`` it is not ready and goes on serving. Then it accepts nothing more, and
    requests have 10 seconds to end. Meanwhile each response closes its connection, so that no client sends a request to
    a connection that is just being closed. A second signal cuts off all that is left of that.
    """

    def __init__(
        self, config: uvicorn.Config, *, drain_seconds: float = 0, when_ready: Callable[[], None] | None = None
    ) -> None:
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._when_ready = when_ready
        self._ends_at = math.inf
        self._hurried = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._when_ready:
            self._when_ready()

    @override
    async def on_tick(self, counter: int) -> bool:
        if await super().on_tick(counter):
            self._drain()
        elif self._ends_at < math.inf and not self.server_state.connections:
            return True  # it was replaced, and its clients have moved
        return self._hurried.is_set() or time.monotonic() >= self._ends_at

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        cutting = asyncio.create_task(self._cut_off_once_hurried())
        await super().shutdown(sockets)
        cutting.cancel()

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._captured_signals = [sig]
        if self.should_exit:
            self._hurried.set()
        self.should_exit = True

    def retire(self) -> None:
        """Accept nothing more, as others do; end once the clients have moved, or after ``SECONDS_TO_MOVE``."""
        for server in self.servers:
            server.close()
        self._end_in(SECONDS_TO_MOVE)

    def hurry(self) -> None:
        """End at once."""
        self.should_exit = True
        self._hurried.set()

    def _drain(self) -> None:
        if DRAINING not in self.lifespan.state:
            self._end_in(self._drain_seconds, DRAINING)

    def _end_in(self, seconds: float, *marks: str) -> None:
        self._ends_at = min(self._ends_at, time.monotonic() + seconds)
        told = dict.fromkeys((CLOSING, *marks), True)
        self.lifespan.state.update(told)
        for connection in self._connections():
            connection.app_state.update(told)  # a copy, with what belongs to the connection
            connection.close_with_response()

    async def _cut_off_once_hurried(self) -> None:
        await self._hurried.wait()
        for connection in self._connections():
            connection.cut_off()
        for task in self.server_state.tasks:
            task.cancel()

    def _connections(self) -> list[GuardedProtocol]:
        return [one for one in self.server_state.connections if isinstance(one, GuardedProtocol)]
