"""Streams: what many replies at once cost, beside a bare app that sends the same frames."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import Final

import msgspec

from tests.benchmarks.apps import APPS, App, RunningApp, uvicorn_command
from tests.benchmarks.dataset import Dataset
from tests.benchmarks.job import StreamJob, drive_streams
from tests.benchmarks.processes import cpu_seconds
from tests.benchmarks.workloads import request

STREAMS: Final = 500
WORDS: Final = 200
_DELAY: Final = {"ECHO_DELAY": "0.05"}

STREAM_APPS: Final[Mapping[str, App]] = {
    "service": replace(APPS["service"], environment={**APPS["service"].environment, **_DELAY}),
    "floor": App(title="bare ASGI, same frames", command=uvicorn_command("frames:app"), environment=_DELAY),
}


class StreamSample(msgspec.Struct, frozen=True, kw_only=True):
    """What streams cost: CPU of the app in µs a delta, of PostgreSQL in ms a reply, and the first delta in ms."""

    cpu: float
    database_cpu: float
    first_p50: float
    first_p99: float

    @classmethod
    def of(cls, samples: Sequence["StreamSample"]) -> "StreamSample":
        """Of each cost the least, as what else the machine does only adds to it."""
        return cls(**{name: min(getattr(one, name) for one in samples) for name in cls.__struct_fields__})


def measure_streams(app: RunningApp, dataset: Dataset, database_pid: int, *, count: int = STREAMS) -> StreamSample:
    """Let so many replies stream at once, each to a client of its own."""
    tokens = islice(cycle(token for token, _ in dataset.conversations), count)
    body = {"message": "word " * WORDS, "stream": True}
    job = StreamJob(port=app.port, requests=[request("POST", "/api/chat", token, body) for token in tokens])
    before = cpu_seconds(app.pid), cpu_seconds(database_pid)
    outcome = drive_streams(job)
    after = cpu_seconds(app.pid), cpu_seconds(database_pid)
    if outcome.deltas < count * WORDS:
        raise RuntimeError(f"{app.app.title}: {outcome.deltas} deltas of {count * WORDS}")
    return StreamSample(
        cpu=(after[0] - before[0]) / outcome.deltas * 1e6,
        database_cpu=(after[1] - before[1]) / count * 1e3,
        first_p50=outcome.first_p50,
        first_p99=outcome.first_p99,
    )
