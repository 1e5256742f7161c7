"""The supervisor of workers: what it does when it gets signals, and when workers hang, die, or do not start."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.commands import INHERITED, ROOT
from tests.support.processes import has_ended
from tests.support.supervised_service import supervised
from tests.support.tiny_service import DEFECT, OBJECTION
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(180)  # each starts a few processes


@pytest.fixture
def objection(tmp_path: Path) -> Path:
    """A file: what it says keeps workers from being restarted. It is empty."""
    (tmp_path / "objection").write_text("")
    return tmp_path / "objection"


def test_sighup_replaces_all_workers_and_somebody_always_answers(tmp_path: Path, objection: Path) -> None:
    with supervised(tmp_path, environment={OBJECTION: f"{objection}"}) as service:
        before = service.workers()

        service.signal(signal.SIGHUP)

        assert eventually(lambda: service.answers() > 0 and not service.workers() & before, 60)
        assert len(service.workers()) == 2
        assert service.answers() in service.workers()
        assert eventually(lambda: service.has_said("The workers are restarted"))


def test_a_worker_that_hangs_is_killed_by_a_restart(tmp_path: Path, objection: Path) -> None:
    with supervised(tmp_path, environment={OBJECTION: f"{objection}"}) as service:
        before = service.workers()
        os.kill(min(before), signal.SIGSTOP)

        service.signal(signal.SIGHUP)

        assert eventually(lambda: not service.workers() & before, 60)
        assert eventually(lambda: service.has_said(f"Worker {min(before)} has not ended in time, and is killed"))


def test_a_new_worker_that_does_not_start_leaves_the_old_ones_and_is_told_in_one_line(
    tmp_path: Path, objection: Path
) -> None:
    with supervised(tmp_path, environment={OBJECTION: f"{objection}"}) as service:
        before = service.workers()
        objection.write_text("the secret is too short\nand more")

        service.signal(signal.SIGHUP)

        given_up = "The restart is given up, and the old workers stay: a new one has not started ({})"
        assert eventually(lambda: service.has_said(given_up.format("ValueError: the secret is too short")), 60)
        assert eventually(lambda: service.workers() == before)
        assert "Traceback" not in service.log.read_text()

        objection.write_text("")
        service.signal(signal.SIGHUP)

        assert eventually(lambda: not service.workers() & before, 60)


def test_workers_are_added_and_removed_by_signals_also_when_one_hangs(tmp_path: Path) -> None:
    with supervised(tmp_path) as service:
        before = service.workers()
        for worker in before:
            os.kill(worker, signal.SIGSTOP)

        service.signal(signal.SIGTTOU)
        assert eventually(lambda: len(service.workers()) == 1, 60)
        service.signal(signal.SIGTTOU)  # one always stays
        service.signal(signal.SIGTTIN)
        assert eventually(lambda: len(service.workers() - before) == 1)
        assert eventually(lambda: service.answers() not in before)

        service.process.terminate()
        assert service.process.wait(25) == 0


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with supervised(tmp_path) as service:
        dead, other = service.workers()

        os.kill(dead, signal.SIGKILL)

        assert eventually(lambda: len(service.workers()) == 2 and dead not in service.workers())
        assert other in service.workers()
        assert eventually(lambda: service.has_said(f"Worker {dead} has ended (exit code -9), and is replaced"))


def test_it_ends_on_a_signal_though_a_worker_hangs(tmp_path: Path) -> None:
    with supervised(tmp_path) as service:
        workers = service.workers()
        os.kill(min(workers), signal.SIGSTOP)

        service.process.terminate()

        assert service.process.wait(20) == 0
        assert all(has_ended(worker) for worker in workers)


def test_no_connection_is_accepted_while_the_workers_end(tmp_path: Path) -> None:
    with (
        supervised(tmp_path, seconds_to_end=60) as service,
        httpx.stream("GET", f"{service.address}/endless", timeout=60),
    ):
        service.process.terminate()

        assert eventually(lambda: not service.accepts())
        assert service.process.poll() is None


def test_workers_end_when_their_supervisor_dies(tmp_path: Path) -> None:
    with supervised(tmp_path) as service:
        workers = service.workers()

        service.process.kill()
        service.process.wait()

        assert eventually(lambda: all(has_ended(worker) for worker in workers))


def test_a_service_whose_workers_cannot_start_ends_with_one_line() -> None:
    command = [sys.executable, "-m", "tests.support.tiny_service", "2", "1"]

    ended = subprocess.run(
        command, env=INHERITED | {DEFECT: "no"}, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.returncode == 1
    assert "The service can't start: worker " in ended.stderr
    assert "has not started (ValueError: no)" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_one_worker_alone_lives_through_sighup_and_says_why_nothing_happens(tmp_path: Path) -> None:
    with supervised(tmp_path, workers=1) as service:
        service.signal(signal.SIGHUP)

        assert eventually(lambda: service.has_said("SIGHUP restarts the workers where there are two or more"))
        assert service.answers() == service.process.pid
