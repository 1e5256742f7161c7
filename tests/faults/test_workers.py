"""Workers that take long to start are waited for, and those that die are replaced at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.faults.service import Service
from tests.support.service import is_alive
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

_SLOWLY = """
import sys, time
if "--multiprocessing-fork" in sys.orig_argv:
    time.sleep(11)
"""
"""Long, but less than a worker may take to start."""


@contextmanager
def started(folder: Path) -> Iterator[Service]:
    url = "postgresql://nobody@127.0.0.1:1/nowhere"
    with Service(url, folder / "service.log", environment={"PYTHONPATH": f"{folder}"}) as service:
        yield service


def test_workers_that_start_slowly_are_waited_for(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(_SLOWLY)

    with started(tmp_path) as service:
        assert len(service.workers()) == 2


def test_workers_that_die_while_they_are_asked_whether_they_live_are_replaced_at_once(tmp_path: Path) -> None:
    with started(tmp_path) as service, httpx.Client(base_url=service.address, timeout=1) as client:
        for way in (signal.SIGSTOP, signal.SIGKILL):  # stopped ones leave the question unanswered
            for worker in service.workers():
                service.signal(worker, way)
            if way is signal.SIGSTOP:
                assert not eventually(lambda: is_alive(client), 2)

        assert eventually(lambda: is_alive(client), 20)
