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


def drive(job: Job) -> Outcome:
    """Run a job. Raises CalledProcessError when an answer was not a success or a connection was lost."""
    client = [sys.executable, "-m", "tests.benchmarks.client"]
    done = subprocess.run(client, input=msgspec.json.encode(job), stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Outcome)
