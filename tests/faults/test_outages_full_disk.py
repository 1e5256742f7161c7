"""While the database's disk is full, nothing acknowledged is lost; with space again, the service goes on by itself."""

import asyncio
import errno
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from adapters.embedded_postgres.privileges import account_for
from tests.faults.chaos import open_conversations, under_load
from tests.faults.cluster import CrashingDatabase
from tests.faults.deployment import settings_with_short_timeouts
from tests.faults.history_checker import check_history
from tests.faults.operation_history import SECONDS_TO_RECOVER, OperationHistory
from tests.support.databases import prepare_users
from tests.support.postgres import execute
from tests.support.service import running_service

pytestmark = [pytest.mark.faults, pytest.mark.timeout(90)]

_MEBIBYTE = 2**20


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of 48 MiB, in memory."""
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", folder],  # noqa: S607 - it is where the system has it
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)  # noqa: S607 - as above


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Nothing more fits on the disk, until the end."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        size = _MEBIBYTE
        try:
            while size >= 512:
                try:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 2
            yield
        finally:
            ballast.unlink()


def test_a_full_disk_costs_nothing_that_was_acknowledged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history, kind = OperationHistory(), "full disk"
    with small_disk(tmp_path / "disk") as disk, CrashingDatabase(tmp_path / "postgres") as database:
        place = disk / "tables"
        place.mkdir(mode=0o700)
        account_for(tmp_path / "postgres").take(place)
        execute(database.url, f"CREATE TABLESPACE small LOCATION '{place}'", "CREATE DATABASE chat TABLESPACE small")
        url = urlunsplit(urlsplit(database.url)._replace(path="/chat"))
        tokens = asyncio.run(prepare_users(url))
        with (
            running_service(settings_with_short_timeouts(url)) as address,
            under_load(address, open_conversations(address, tokens), history, seed=1),
        ):
            time.sleep(1)
            history.fault_began(kind)
            with full(disk):
                time.sleep(4)
            history.fault_ended(kind, within=SECONDS_TO_RECOVER)
            history.settle()
            time.sleep(SECONDS_TO_RECOVER + 2)
        check_history(url, history)

    with capsys.disabled():
        print(f"\n{history.report}")  # noqa: T201 - the figures
    assert history.report.violations.total() == 0, history.report
    assert history.report.statuses[503] > 0, history.report
    assert len(history.answers) == len(history.operations) > 100, history.report
