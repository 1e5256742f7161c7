"""Workers that take long to start, as on a machine that is busy or small, are waited for."""

from pathlib import Path

import pytest

from tests.faults.service import Service

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

_SLOWLY = """
import sys, time
if "--multiprocessing-fork" in sys.orig_argv:
    time.sleep(11)
"""
"""Longer than it takes uvicorn, left to itself, to call two workers hung, one after the other, and replace them."""


def test_workers_that_start_slowly_are_waited_for(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(_SLOWLY)

    with Service(
        "postgresql://nobody@127.0.0.1:1/nowhere", tmp_path / "service.log", environment={"PYTHONPATH": f"{tmp_path}"}
    ) as service:
        assert len(service.workers()) == 2
