"""A job for the load client, which runs in a process of its own, and what comes of it."""

import subprocess
import sys
from collections.abc import Sequence

import msgspec


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Requests, sent over and over in this order until ``seconds`` have passed or ``count`` are answered.

    With a ``rate`` (requests a second) each has its instant, whatever became of those before; without one, each
    connection sends its next when it has the answer to its last.
    """

    port: int
    requests: Sequence[bytes]
    connections: int
    seconds: float = 3600
    count: int | None = None
    rate: float | None = None
    may_be_refused: bool = False
    """Whether 429 is an answer too."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured. Latencies, in ms, run from the instant at which a request was due."""

    count: int
    seconds: float
    p50: float
    p99: float
    slowest: float
    client_busy: float
    """The share of a core that the client took: near 1, the client itself is the bottleneck."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.count / self.seconds


class StreamJob(msgspec.Struct, frozen=True, kw_only=True):
    """Requests for streams, all of them under way at once."""

    port: int
    requests: Sequence[bytes]


class StreamOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How many deltas came, and after how many ms the first one of a stream."""

    deltas: int
    first_p50: float
    first_p99: float


def drive_streams(job: StreamJob) -> StreamOutcome:
    """Open streams and read them to their ends. Raises CalledProcessError when one is no success or breaks off."""
    return msgspec.json.decode(_run("stream_client", msgspec.json.encode(job)), type=StreamOutcome)


def drive(job: Job) -> Outcome:
    """Run a job. Raises CalledProcessError when an answer was not a success or a connection was lost."""
    return msgspec.json.decode(_run("client", msgspec.json.encode(job)), type=Outcome)


def _run(module: str, job: bytes) -> bytes:
    client = [sys.executable, "-m", f"tests.benchmarks.{module}"]
    return subprocess.run(client, input=job, stdout=subprocess.PIPE, check=True).stdout
