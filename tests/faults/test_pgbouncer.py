"""Through PgBouncer, which gives each transaction any of its connections, all is as without."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.faults.cluster import CrashingDatabase
from tests.faults.operation_history import SECONDS_TO_RECOVER
from tests.faults.pooler import pgbouncer
from tests.faults.timed_client import CHANGES, TimedClient
from tests.support.commands import INHERITED, ROOT
from tests.support.databases import prepare_users
from tests.support.postgres import execute, transaction
from tests.support.service import running_service, settings_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

_TESTS: Final = [
    "tests/contracts",
    "tests/integration/test_http_promises.py",
    "tests/integration/test_http_story.py",
    "--deselect=tests/integration/test_http_promises.py::test_round_trips_are_few",  # it counts them to the database
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashingDatabase]:
    with CrashingDatabase(tmp_path_factory.mktemp("pooled") / "postgres", {}) as database:
        yield database


def test_the_tests_pass_through_it(database: CrashingDatabase, tmp_path: Path) -> None:
    with pgbouncer(database, tmp_path) as url:
        tests = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *_TESTS],
            env={**INHERITED, "DATABASE_URL": url, "DIRECT_DATABASE_URL": database.url},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert tests.returncode == 0, tests.stdout[-5000:]


def test_the_roles_lock_timeout_holds_through_it(database: CrashingDatabase, tmp_path: Path) -> None:
    token, *_ = asyncio.run(prepare_users(database.url))
    execute(database.url, "ALTER ROLE postgres SET lock_timeout = '1s'")

    with (
        pgbouncer(database, tmp_path) as url,
        running_service(settings_for(url)) as address,
        TimedClient(address, token) as client,
    ):
        with transaction(database.url, "SELECT FROM conversations FOR UPDATE"):
            answers = client.ask(CHANGES, 1)

        assert [answer for answer in answers if not answer.is_outage] == []
        assert max(answer.seconds for answer in answers) < 3
        assert client.seconds_to_recover() < SECONDS_TO_RECOVER
