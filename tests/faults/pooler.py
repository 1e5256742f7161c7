"""PgBouncer in transaction mode, before a database."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.embedded_postgres.privileges import account_for
from tests.faults.cluster import CrashingDatabase
from tests.support.postgres import execute
from tests.support.sockets import free_port
from tests.support.waiting import eventually


@contextmanager
def pgbouncer(database: CrashingDatabase, folder: Path) -> Iterator[str]:
    """The URL of a database behind PgBouncer, which lends each transaction one of 8 connections."""
    program = shutil.which("pgbouncer")
    if program is None:
        pytest.skip("there is no pgbouncer on the PATH")
    (socket,) = parse_qs(urlsplit(database.url).query)["host"]
    port = free_port()
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host={socket} port=5432 user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        "pool_mode = transaction\ndefault_pool_size = 8\nmax_client_conn = 500\n"
    )
    account = account_for(folder)
    with (folder / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen(
            [*account.prefix, program, str(settings)],
            stdout=log,
            stderr=log,
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )
    try:
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable&pgbouncer=true"
        assert eventually(lambda: _answers(url)), (folder / "pgbouncer.log").read_text()
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return bool(execute(url, "SELECT 1"))
    except OSError:
        return False
