"""The stage: a durable PostgreSQL that can crash, and before it a proxy that can break."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

from adapters.embedded_postgres.server import EmbeddedPostgres
from tests.faults.proxy import FaultyProxy
from tests.postgres import new_database

_SETTINGS = {"wal_writer_delay": "10s"}
"""What is not on the disk when a transaction commits does not get there by itself before the crash."""


class CrashingDatabase:
    """A durable PostgreSQL on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = EmbeddedPostgres(folder, settings=_SETTINGS)

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

    def crash(self) -> None:
        """Stop it at once, as a crash does, and start it again on what is on the disk."""
        os.kill(int((self._folder / "postmaster.pid").read_text().splitlines()[0]), signal.SIGQUIT)
        self._server.stop()
        self._server.start()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What can break, apart from the service."""

    database: CrashingDatabase
    proxy: FaultyProxy

    @classmethod
    @contextmanager
    def on(cls, folder: Path) -> Iterator[Self]:
        """A stage on a folder of its own."""
        with CrashingDatabase(folder) as database, FaultyProxy(database.socket) as proxy:
            yield cls(database=database, proxy=proxy)

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """The address of an empty database, through the proxy."""
        with new_database(f"postgresql://postgres@127.0.0.1:{self.proxy.port}/postgres?sslmode=disable") as url:
            yield url
