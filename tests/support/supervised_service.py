"""The tiny service as a process, and its workers."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.support import tiny_service
from tests.support.commands import INHERITED, ROOT
from tests.support.processes import kill_all, workers_of
from tests.support.waiting import eventually


class SupervisedService:
    """The process of the supervisor, or of the only worker."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self.process = process
        self.log = log
        self._seen: set[int] = set()
        assert process.stdout is not None
        self.address = process.stdout.readline().strip()

    def signal(self, number: signal.Signals) -> None:
        """Send it to the process alone, not to its workers."""
        self.process.send_signal(number)

    def workers(self) -> set[int]:
        """The workers that there are, whatever state they are in."""
        return {*workers_of(self.process.pid)}

    def answers(self) -> int:
        """The worker that answers a new connection. Raises httpx.ConnectError."""
        return int(httpx.get(self.address, timeout=20).text)

    def accepts(self) -> bool:
        """Whether it accepts a connection, be it served or not."""
        place = urlsplit(self.address)
        try:
            socket.create_connection((place.hostname, place.port), timeout=20).close()
        except ConnectionError:
            return False
        return True

    def seen(self) -> set[int]:
        """All workers that have answered yet, this time included."""
        with suppress(httpx.ConnectError):
            self._seen.add(self.answers())
        return self._seen

    def has_said(self, text: str) -> bool:
        """Whether one of the lines that it has logged has this text. Lines are written a little later than said."""
        return text in self.log.read_text()


@contextmanager
def supervised(
    folder: Path, *, workers: int = 2, seconds_to_end: float = 1, environment: Mapping[str, str] | None = None
) -> Iterator[SupervisedService]:
    """Serve with so many workers, each of which has answered, and is known to serve by a supervisor if there is one."""
    command = [sys.executable, "-m", tiny_service.__name__, str(workers), str(seconds_to_end)]
    log = folder / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command,
            env={**INHERITED, **(environment or {})},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    with process:
        try:
            service = SupervisedService(process, log)
            assert eventually(lambda: len(service.seen()) == workers, 40), log.read_text()
            if workers > 1:
                assert eventually(lambda: all(service.has_said(f"Worker {each} serves") for each in service.seen()))
            yield service
        finally:
            if process.poll() is None:
                kill_all(process)
