"""The database of the benchmarks: durable, of their own, and filled once."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from adapters.embedded_postgres.server import EmbeddedPostgres
from adapters.postgres.revisions import newest_revision
from tests.benchmarks.dataset import Dataset
from tests.support.databases import prepare
from tests.support.postgres import execute

_SETTINGS: Final[Mapping[str, str]] = {
    "max_connections": "200",
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",  # no checkpoint in the middle of a measurement
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A PostgreSQL that runs: where it is, and its first process."""

    url: str
    pid: int

    def filled(self, dataset: Dataset) -> str:
        """The URL of a database that holds the dataset; it is filled when there is none yet."""
        name = f"rows_{dataset.rows}_{newest_revision()}"
        if not execute(self.url, f"SELECT FROM pg_database WHERE datname = '{name}'"):
            execute(self.url, "DROP DATABASE IF EXISTS filling", "CREATE DATABASE filling")
            fill(self._of("filling"), dataset)
            execute(self.url, f"ALTER DATABASE filling RENAME TO {name}")
        return self._of(name)

    def _of(self, name: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """A durable PostgreSQL on a folder that is kept."""
    with EmbeddedPostgres(folder, settings=_SETTINGS) as server:
        pid = int((folder / "postmaster.pid").read_text().splitlines()[0])
        yield Server(url=server.url, pid=pid)


def fill(url: str, dataset: Dataset) -> None:
    """Migrate an empty database, and put the dataset into it."""
    asyncio.run(prepare(url))
    execute(url, *dataset.statements())
