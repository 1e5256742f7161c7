"""The resource monitor: what a process holds, and how other clients are served, while something is done to it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.commands import ROOT

_SECONDS_TO_SETTLE = 0.5


@dataclass
class Measurements:
    """Megabytes before, at most, and after; open files before; the unaffected client's seconds and statuses."""

    before: float = 0
    peak: float = 0
    after: float = 0
    files: int = 0
    answers: list[tuple[float, int]] = field(default_factory=list)

    @property
    def grown(self) -> float:
        """By how many megabytes the process grew at most."""
        return self.peak - self.before

    @property
    def slowest(self) -> float:
        """The unaffected client's longest wait, in seconds."""
        return max(seconds for seconds, _ in self.answers)

    @property
    def statuses(self) -> set[int]:
        """What the unaffected client was answered."""
        return {status for _, status in self.answers}

    def report(self) -> str:
        """All in a line."""
        waits = sorted(seconds for seconds, _ in self.answers)
        p99 = waits[len(waits) * 99 // 100]
        return (
            f"others: {len(waits)} answers {sorted(self.statuses)}, p99 {p99 * 1000:.0f} ms, max {self.slowest:.2f} s; "
            f"MB {self.before:.0f} / {self.peak:.0f} / {self.after:.0f}"
        )


def resident(pid: int) -> float:
    """Megabytes that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


def open_files(pid: int) -> int:
    """How many files and sockets a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@contextmanager
def monitored(pid: int, address: str, token: str) -> Iterator[Measurements]:
    """Watch while something is done."""
    measured = Measurements(before=resident(pid), files=open_files(pid))
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.01):
            measured.peak = max(measured.peak, resident(pid))

    command = [sys.executable, "-m", "tests.faults.unaffected_client", address, token]
    client = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    watcher = threading.Thread(target=watch)
    watcher.start()
    assert client.stdout is not None
    client.stdout.readline()
    try:
        yield measured
        time.sleep(_SECONDS_TO_SETTLE)
    finally:
        measured.answers = [(seconds, status) for seconds, status in json.loads(client.communicate("stop")[0])]
        stop.set()
        watcher.join()
        measured.after = resident(pid)
