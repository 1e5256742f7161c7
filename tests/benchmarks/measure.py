"""What is measured of apps that run, and how."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any, Final, Self

import msgspec

from tests.benchmarks.apps import App, RunningApp, running
from tests.benchmarks.dataset import Dataset
from tests.benchmarks.job import Job, Outcome, drive
from tests.benchmarks.processes import cpu_seconds, resident_bytes
from tests.benchmarks.workloads import WORKLOADS
from tests.support.counting_proxy import counting_proxy
from tests.support.raw_http import exchange

_TO_WARM_UP: Final = 200


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """How one app did under one workload. Latencies in ms; CPU in µs a request, of the app and of PostgreSQL."""

    rate: float
    p50: float
    p99: float
    cpu: float
    database_cpu: float
    client_busy: float

    @classmethod
    def of(cls, samples: Sequence[Self]) -> "Sample":
        """Of each cost the least, as what else the machine does only adds to it; of p99, the median."""
        return cls(**{name: choose(getattr(one, name) for one in samples) for name, choose in _CHOICE.items()})


_CHOICE: Final[Mapping[str, Callable[[Iterable[float]], float]]] = {
    "rate": max,
    "p50": min,
    "p99": median,
    "cpu": min,
    "database_cpu": min,
    "client_busy": max,
}


class Subject:
    """An app that runs, under one workload."""

    def __init__(self, app: RunningApp, workload: str, dataset: Dataset, connections: int | None = None) -> None:
        self._app = app
        self._job = Job(
            port=app.port,
            requests=app.requests(workload, dataset),
            connections=connections or WORKLOADS[workload].connections,
            count=_TO_WARM_UP,
        )
        drive(self._job)

    def measure(self, seconds: float, database_pid: int) -> Sample:
        """Ask as fast as it answers."""
        before = cpu_seconds(self._app.pid), cpu_seconds(database_pid)
        outcome = drive(msgspec.structs.replace(self._job, seconds=seconds, count=None))
        after = cpu_seconds(self._app.pid), cpu_seconds(database_pid)
        cpu, database_cpu = ((end - begin) / outcome.count * 1e6 for begin, end in zip(before, after, strict=True))
        return Sample(
            rate=outcome.rate,
            p50=outcome.p50,
            p99=outcome.p99,
            cpu=cpu,
            database_cpu=database_cpu,
            client_busy=outcome.client_busy,
        )

    def keep_pace(self, rate: float, seconds: float) -> Outcome:
        """Ask at a constant rate, however it answers."""
        return drive(msgspec.structs.replace(self._job, seconds=seconds, count=None, rate=rate, connections=64))


def interleaved[Name](
    subjects: Mapping[Name, Subject], *, rounds: int, seconds: float, database_pid: int
) -> dict[Name, Sample]:
    """Measure them in turn, each round beginning with another one."""
    samples: dict[Name, list[Sample]] = defaultdict(list)
    names = list(subjects)
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            samples[name].append(subjects[name].measure(seconds, database_pid))
    return {name: Sample.of(samples[name]) for name in names}


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What a request costs on the way to the database, once all is warm."""

    round_trips: float
    prepared: float
    """Statements: none, if each is prepared once and kept."""


def counts(app: App, workloads: Sequence[str], dataset: Dataset, database_url: str, folder: Path) -> dict[str, Counts]:
    """Start an app behind a proxy that counts, and count under each workload."""
    count = 20
    found = {}
    with counting_proxy(database_url, folder) as (url, proxy), running(app, url, folder / "log") as started:
        for workload in workloads:
            job = Job(port=started.port, requests=started.requests(workload, dataset), connections=1, count=count)
            drive(job)
            proxy.reset()
            drive(job)
            found[workload] = Counts(round_trips=proxy.round_trips / count, prepared=proxy.prepared / count)
    return found


def resident_after(app: RunningApp, dataset: Dataset, counts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The memory that an app holds after so many requests of all kinds, the counts ascending."""
    kinds = ("append", "chat", "newest", "list", "me")
    requests = list(
        chain.from_iterable(zip(*(_some(kind, app.requests(kind, dataset)) for kind in kinds), strict=True))
    )
    done = 0
    for count in counts:
        drive(Job(port=app.port, requests=requests, connections=16, count=count - done))
        done = count
        yield count, resident_bytes(app.pid)


def _some(kind: str, requests: Sequence[bytes]) -> list[bytes]:
    """Some requests; chats from the end of the list, as nobody else may append while a reply runs."""
    return [requests[(-1 - place if kind == "chat" else place) % len(requests)] for place in range(45)]


def shape_of_answer(app: RunningApp, workload: str, dataset: Dataset) -> Any:
    """What kind of JSON it answers with: apps that are compared must do the same work for their clients."""
    (answer,) = exchange(f"http://127.0.0.1:{app.port}", app.requests(workload, dataset)[0], answers=1)
    return answer.status, _shape(answer.json)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_shape(one) for one in value]
    return type(value).__name__
