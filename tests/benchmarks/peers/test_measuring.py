"""What the figures rest on: turns, the arithmetic, and the account of CPU."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import override

import pytest

from tests.benchmarks.peers import measuring
from tests.benchmarks.peers.measuring import Figures, Round, measure
from tests.benchmarks.peers.work import Case, Contestant, append_one
from tests.benchmarks.processes import cpu_seconds
from tests.support.waiting import eventually

_BUSY = "import time\nwhile time.process_time() < 1: pass"
_PARENT = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', sys.argv[1]])"


class Noting(Contestant):
    """Writes down what it was asked to do."""

    def __init__(self, name: str, notes: list[tuple[str, int]]) -> None:
        self.name = name
        self._notes = notes

    @override
    def cpu(self) -> float:
        return float(len(self._notes))

    @override
    async def create(self) -> None: ...

    @override
    async def append(self, conversation: int, texts: Sequence[str]) -> None:
        self._notes.append((self.name, conversation))

    @override
    async def newest(self, conversation: int, limit: int) -> int:
        return limit


async def test_who_began_a_round_is_last_in_the_next_and_the_first_is_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measuring, "ROUNDS", 2)
    notes: list[tuple[str, int]] = []
    case = Case(name="", do=append_one, workers=2, repeats=1)

    figures = await measure(case, [Noting("a", notes), Noting("b", notes)], lambda: 10.0 * len(notes))

    b, a = [("b", 1), ("b", 2)], [("a", 1), ("a", 2)]
    assert notes == [*b, *a, *a, *b, *b, *a]
    assert [(len(each.rates), each.cpu, each.database_cpu) for each in figures.values()] == [(2, 1, 10), (2, 1, 10)]


def test_figures_are_medians_of_rounds_and_cpu_of_one_operation() -> None:
    latencies = [[1.0] * 4, [2.0] * 4, [9.0] * 4]

    figures = Figures.of([Round(latencies=each, elapsed=each[0], cpu=each[0], database_cpu=0) for each in latencies])

    assert (figures.p50, figures.p99, figures.cpu) == (2, 2, 1)
    assert figures.rates == [4, 2, 4 / 9]


def test_whoever_a_process_started_is_counted_running_or_ended() -> None:
    command = ["sh", "-c", '"$@"; :', "sh", sys.executable, "-c", _PARENT]
    with subprocess.Popen([*command, f"{_BUSY}\ntime.sleep(60)"], start_new_session=True) as running:
        try:
            assert eventually(lambda: cpu_seconds(running.pid) > 0.8)
        finally:
            os.killpg(running.pid, signal.SIGKILL)

    before = cpu_seconds(os.getpid())
    subprocess.run([*command, _BUSY], check=True)
    assert cpu_seconds(os.getpid()) - before > 0.8
