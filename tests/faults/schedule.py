"""The schedule: which fault comes when, drawn from a seed."""

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random

from tests.faults.cluster import Cluster
from tests.faults.operation_history import SECONDS_TO_RECOVER, SECONDS_TO_RESTART, OperationHistory
from tests.faults.service import Service
from tests.support.postgres import execute
from tests.support.waiting import eventually

_TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datid IS NOT NULL"
)
_ENDS_ALL = "kill both workers"
_ENDS_WORKERS = {"kill a worker", "terminate a worker", _ENDS_ALL}
"""Put off while there is no second worker that serves."""


class Schedule:
    """Breaks things, one at a time, each kind as often as any other."""

    def __init__(
        self, random: Random, cluster: Cluster, service: Service, history: OperationHistory, *, freeze: float = 0.5
    ) -> None:
        """``freeze``: for how many seconds a worker is frozen."""
        self._random = random
        self._freeze = freeze
        self._database = cluster.database
        self._proxy = cluster.proxy
        self._service = service
        self._history = history
        self._ways: dict[str, Callable[[], None]] = {
            "kill a worker": lambda: self._end_worker(signal.SIGKILL),
            "terminate a worker": lambda: self._end_worker(signal.SIGTERM),
            _ENDS_ALL: self._end_all,
            "freeze a worker": self._freeze_worker,
            "crash the database": self._crash,
            "terminate the backends": self._terminate_backends,
            "reset the connections": self._reset,
            "refuse connections": self._refuse,
            "blackhole": self._silence,
        }

    @property
    def kinds(self) -> Sequence[str]:
        """What can be broken."""
        return tuple(self._ways)

    def run(self, seconds: float, kinds: Sequence[str]) -> None:
        """Break things for so long; when this returns, the last fault has ended and is recovered from."""
        end = time.monotonic() + seconds
        stop = self._history.stop
        bag: list[str] = []
        while not stop.wait(self._random.uniform(0.3, 1.2)) and time.monotonic() < end:
            may_end_workers = bool(self._service.dispensable())
            possible = [kind for kind in bag if may_end_workers or kind not in _ENDS_WORKERS]
            if not possible:
                bag += [kind for kind in kinds if kind not in bag]
                continue
            kind = self._random.choice([kind for kind in possible if kind in _ENDS_WORKERS] or possible)
            bag.remove(kind)
            self._break(kind)

    def _break(self, kind: str) -> None:
        self._history.fault_began(kind)
        self._ways[kind]()
        self._history.fault_ended(kind, within=SECONDS_TO_RESTART if kind == _ENDS_ALL else SECONDS_TO_RECOVER)
        if not eventually(lambda: self._history.recovered.is_set() or self._history.stop.is_set(), SECONDS_TO_RESTART):
            self._history.violated("recovers in time", f"not at all after {kind}")

    def _end_worker(self, way: signal.Signals) -> None:
        if workers := self._service.dispensable():
            with suppress(ProcessLookupError):
                self._service.end(self._random.choice(workers), way)

    def _end_all(self) -> None:
        for worker in self._service.workers():
            with suppress(ProcessLookupError):
                self._service.end(worker, signal.SIGKILL)

    def _freeze_worker(self) -> None:
        worker = self._random.choice(self._service.workers())
        with suppress(ProcessLookupError):
            self._service.signal(worker, signal.SIGSTOP)
            time.sleep(self._freeze)
            self._service.signal(worker, signal.SIGCONT)

    def _crash(self) -> None:
        self._database.crash()

    def _terminate_backends(self) -> None:
        execute(self._database.url, _TERMINATE)

    def _reset(self) -> None:
        self._proxy.reset()

    def _refuse(self) -> None:
        with self._proxy.refusing():
            time.sleep(self._random.uniform(0.1, 0.6))

    def _silence(self) -> None:
        with self._proxy.silent():
            time.sleep(self._random.uniform(0.2, 1))
