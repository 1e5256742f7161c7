"""A cluster to break: a durable PostgreSQL that can crash, and before it a proxy that can fail."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

from adapters.embedded_postgres.binaries import program
from adapters.embedded_postgres.privileges import account_for
from adapters.embedded_postgres.server import EmbeddedPostgres
from tests.faults.fault_proxy import FaultProxy
from tests.support.postgres import new_database, transaction

_SETTINGS = {"wal_writer_delay": "10s"}
"""What is not on the disk when a transaction commits does not get there by itself before the crash."""


class CrashingDatabase:
    """A durable PostgreSQL on a folder of its own."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._server = EmbeddedPostgres(folder, settings={**_SETTINGS, **(settings or {})})

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        """Its address, past the proxy."""
        return self._server.url

    def socket(self) -> str:
        """Where it listens; raises while it does not run."""
        (folder,) = parse_qs(urlsplit(self.url).query)["host"]
        return f"{folder}/.s.PGSQL.5432"

    def kill(self) -> None:
        """End all its processes at once, as when its machine loses power; it is not started again."""
        postmaster = self._pid
        ps = ["ps", "-ax", "-o", "pid=,ppid="]
        rows = [line.split() for line in subprocess.check_output(ps, text=True).splitlines()]
        for pid in (postmaster, *(int(pid) for pid, parent in rows if parent == str(postmaster))):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def crash(self) -> None:
        """Stop it at once, as a crash does, and start it again on what is on the disk."""
        os.kill(self._pid, signal.SIGQUIT)
        self._server.stop()
        self._server.start()

    def copy_to(self, folder: Path, *options: str) -> None:
        """Make a base backup of it while it runs; ``options`` are those of pg_basebackup."""
        account = account_for(folder.parent)
        places = ["-h", str(Path(self.socket()).parent), "-U", "postgres", "-D", str(folder)]
        subprocess.run(
            [*account.prefix, str(program("pg_basebackup")), *places, "--checkpoint=fast", "--no-sync", *options],
            check=True,
            capture_output=True,
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )
        (folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)  # of the original, if its socket lies in its folder

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop it until the end."""
        self._server.stop()
        try:
            yield
        finally:
            self._server.start()

    @contextmanager
    def shutting_down(self) -> Iterator[None]:
        """Let it refuse new connections as it does before it stops or while it starts (57P03), until the end."""
        try:
            with transaction(self.url):
                os.kill(self._pid, signal.SIGTERM)
                yield
        finally:
            self._server.stop()
            self._server.start()

    @property
    def _pid(self) -> int:
        return int((self._folder / "postmaster.pid").read_text().splitlines()[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What can break, apart from the service."""

    database: CrashingDatabase
    proxy: FaultProxy

    @classmethod
    @contextmanager
    def on(cls, folder: Path) -> Iterator[Self]:
        """A cluster on a folder of its own."""
        with CrashingDatabase(folder) as database, FaultProxy(database.socket) as proxy:
            yield cls(database=database, proxy=proxy)

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """The address of an empty database, through the proxy."""
        with new_database(f"postgresql://postgres@127.0.0.1:{self.proxy.port}/postgres?sslmode=disable") as url:
            yield url
