"""The stage: a durable PostgreSQL that can crash."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

from adapters.embedded_postgres.server import EmbeddedPostgres


class CrashingDatabase:
    """A durable PostgreSQL on a folder of its own."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._folder = folder
        self._server = EmbeddedPostgres(folder, settings=settings)

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
