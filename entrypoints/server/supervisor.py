"""The supervisor of workers: replaces those that die or hang, and restarts them one after another."""

import logging
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import Final

import uvicorn

from entrypoints.server.draining import SECONDS_TO_MOVE
from entrypoints.server.worker_process import DRAIN, HURRY, RETIRE, Check
from entrypoints.server.workers import Worker

_log = logging.getLogger(__name__)

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGTTIN, signal.SIGTTOU)
_TICK: Final = 0.5
_SECONDS_BETWEEN_FAILURES: Final = 5.0
_SECONDS_IN_A_HURRY: Final = 5.0
"""Requests are cut off at once; running replies have 3 to be kept as far as they go."""


class Supervisor:
    """Keeps so many workers serving, and obeys signals. It waits for no worker: each has a deadline.

    SIGTERM and SIGINT drain the service and end it; the second one ends it at once. SIGHUP restarts the workers: a new
    one starts, and once it serves, an old one ends. SIGTTIN and SIGTTOU add and remove a worker.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        listener: socket.socket,
        check: Check,
        *,
        workers: int,
        drain_seconds: float,
        seconds_to_end: float,
    ) -> None:
        """``check`` raises if a worker that SIGHUP starts should not serve."""
        self._config = config
        self._listener = listener
        self._check = check
        self._wanted = workers
        self._drain_seconds = drain_seconds
        self._seconds_to_end = seconds_to_end
        self._workers: list[Worker] = []  # from the oldest to the newest
        self._outdated: set[Worker] = set()
        self._newcomer: Worker | None = None
        self._starts_at = 0.0
        self._has_served = False
        self._is_ending = False

    def run(self) -> None:
        """Supervise until a signal ends the service. Exits with 1 if no worker can start."""
        with _caught_signals() as signals:
            try:
                while not self._is_ending or self._workers:
                    self._keep_up()
                    wait([signals, *(handle for worker in self._workers for handle in worker.handles)], _TICK)
                    for number in _read(signals):
                        self._obey(signal.Signals(number))
                    self._look_after()
            finally:
                for worker in self._workers:
                    worker.kill()

    def _obey(self, number: signal.Signals) -> None:
        match number:
            case signal.SIGHUP if not self._is_ending:
                _log.info("Restarting the workers, one after another")
                self._outdated = {worker for worker in self._workers if not worker.is_ending}
            case signal.SIGTTIN:
                self._wanted += 1
            case signal.SIGTTOU:
                self._wanted = max(self._wanted - 1, 1)
            case signal.SIGTERM | signal.SIGINT if self._is_ending:
                self._end_all(HURRY, min(_SECONDS_IN_A_HURRY, self._seconds_to_end))
            case signal.SIGTERM | signal.SIGINT:
                self._is_ending = True
                self._listener.close()  # or else clients would connect to what no worker serves any more
                self._end_all(DRAIN, self._drain_seconds + self._seconds_to_end)

    def _end_all(self, order: bytes, seconds: float) -> None:
        for worker in self._workers:
            worker.end(order, seconds)

    def _keep_up(self) -> None:
        """Start and end workers until there are as many as are wanted, and none that is outdated."""
        if self._is_ending:
            return
        if self._newcomer and self._newcomer.is_serving:
            self._newcomer = None
        staying = [worker for worker in self._workers if not worker.is_ending and worker is not self._newcomer]
        for surplus in staying[: -self._wanted]:
            surplus.end(RETIRE, SECONDS_TO_MOVE + self._seconds_to_end)
        if len(staying) < self._wanted and time.monotonic() >= self._starts_at:
            self._workers += (self._start() for _ in range(self._wanted - len(staying)))
        self._restart_next()

    def _restart_next(self) -> None:
        outdated = {worker for worker in self._outdated if worker in self._workers and not worker.is_ending}
        if self._outdated and not outdated:
            _log.info("The workers are restarted")
        self._outdated = outdated
        if outdated and not self._newcomer and not any(worker.is_ending for worker in self._workers):
            self._newcomer = self._start(self._check)
            self._workers.append(self._newcomer)

    def _look_after(self) -> None:
        for worker in [*self._workers]:
            if worker.look_after():
                _log.info("Worker %d serves", worker.pid)
                self._has_served = True
            if worker.has_ended:
                self._workers.remove(worker)
                if not worker.is_ending:
                    self._miss(worker)
                worker.close()

    def _miss(self, worker: Worker) -> None:
        """Say that a worker has ended that should not have, and decide what follows."""
        why = worker.why_it_ended
        if worker is self._newcomer:
            _log.error("The restart is given up, and the old workers stay: a new one has not started (%s)", why)
            self._newcomer, self._outdated = None, set()
        elif worker.is_serving:
            _log.warning("Worker %d has ended (%s), and is replaced", worker.pid, why)
        elif self._has_served:
            _log.error("Worker %d has not started (%s), and is replaced soon", worker.pid, why)
            self._starts_at = time.monotonic() + _SECONDS_BETWEEN_FAILURES
        else:
            _log.error("The service can't start: worker %d has not started (%s)", worker.pid, why)
            sys.exit(1)

    def _start(self, check: Check | None = None) -> Worker:
        return Worker(self._config, self._listener, self._drain_seconds, check)


@contextmanager
def _caught_signals() -> Iterator[socket.socket]:
    """A socket from which the signals that come are read: their numbers, a byte each."""
    reading, writing = socket.socketpair()
    with reading, writing:
        reading.settimeout(0)
        writing.settimeout(0)
        before = {number: signal.signal(number, lambda *_: None) for number in _SIGNALS}
        signal.set_wakeup_fd(writing.fileno())
        try:
            yield reading
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)


def _read(signals: socket.socket) -> bytes:
    with suppress(BlockingIOError):
        return signals.recv(4096)
    return b""
