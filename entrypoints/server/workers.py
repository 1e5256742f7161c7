"""Workers, as their supervisor sees them: each has a deadline for what it does, and is killed after it."""

import logging
import math
import multiprocessing
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Final

import uvicorn

from entrypoints.server.worker_process import PING, Check, run

_log = logging.getLogger(__name__)
_spawn: Final = multiprocessing.get_context("spawn")

_SECONDS_TO_START: Final = 60.0
_SECONDS_TO_ANSWER: Final = 30.0
_SECONDS_BETWEEN_QUESTIONS: Final = 1.0


class Worker:
    """A process that serves. None of the methods waits for it."""

    def __init__(
        self, config: uvicorn.Config, listener: socket.socket, drain_seconds: float, check: Check | None = None
    ) -> None:
        """Start it. With a ``check`` it starts only if that does not raise."""
        self._pipe: Connection[Any, Any]
        self._pipe, workers_end = _spawn.Pipe()
        self._process = _spawn.Process(target=run, args=(config, listener, drain_seconds, workers_end, check))
        self._process.start()
        workers_end.close()  # so the death of the worker ends the pipe
        self._deadline = time.monotonic() + _SECONDS_TO_START
        self._asks_at = math.inf
        self._complaint: str | None = None
        self.is_serving = False
        self.is_ending = False
        self._tell(PING)

    @property
    def pid(self) -> int | None:
        """The id of its process."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether its process has ended."""
        return self._process.exitcode is not None

    @property
    def handles(self) -> Sequence[Any]:
        """What to wait for: one of them is ready when the worker says something, or ends."""
        return (self._pipe, self._process.sentinel)

    @property
    def why_it_ended(self) -> str:
        """What it said before its end, or else its exit code; one line."""
        return self._complaint or f"exit code {self._process.exitcode}"

    def look_after(self) -> bool:
        """Take in what it has said, and ask whether it lives; kill it if it should have answered, or ended, by now.

        Returns whether it has begun to serve since the last time.
        """
        now = time.monotonic()
        has_served = self.is_serving
        with suppress(EOFError, OSError):
            while self._pipe.poll():
                self._take_in(self._pipe.recv_bytes(), now)
        if now >= self._deadline:
            what = "ended" if self.is_ending else "answered" if self.is_serving else "started"
            _log.warning("Worker %d has not %s in time, and is killed", self.pid, what)
            self.kill()
        elif now >= self._asks_at and not self.is_ending:
            self._asks_at, self._deadline = math.inf, now + _SECONDS_TO_ANSWER
            self._tell(PING)
        return self.is_serving and not has_served

    def end(self, order: bytes, seconds: float) -> None:
        """Tell it to end by this order, within so many seconds."""
        self.is_ending = True
        self._deadline = min(self._deadline, time.monotonic() + seconds)
        self._tell(order)

    def kill(self) -> None:
        """End it at once."""
        self._deadline = math.inf
        self._process.kill()

    def close(self) -> None:
        """Forget one that has ended."""
        self._pipe.close()
        self._process.close()

    def _take_in(self, said: bytes, now: float) -> None:
        if said != PING:
            self._complaint = said.decode()
            return
        self.is_serving = True
        self._asks_at = now + _SECONDS_BETWEEN_QUESTIONS
        if not self.is_ending:
            self._deadline = math.inf

    def _tell(self, order: bytes) -> None:
        with suppress(OSError):  # it has died
            self._pipe.send_bytes(order)
