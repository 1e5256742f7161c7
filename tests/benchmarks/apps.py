"""The apps that are measured: each a name, a command, and how it is asked for each workload."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from tests.benchmarks.dataset import Dataset
from tests.benchmarks.workloads import WORKLOADS
from tests.support.commands import AI_AGENT, INHERITED
from tests.support.service import SECRET
from tests.support.sockets import free_port

ROOT: Final = Path(__file__).parents[2]
_SECONDS_TO_START: Final = 60.0
_UVICORN: Final = (
    *("--loop", "uvloop", "--http", "httptools", "--ws", "none", "--lifespan", "on"),
    *("--no-access-log", "--no-server-header", "--no-proxy-headers", "--log-level", "warning"),
)
"""As the service configures it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One that can be started, with one worker.

    ``command`` takes the port; DATABASE_URL names the database. ``builders`` make the requests of an API that is not
    the native one, by workload: they are given the address and the dataset, and may prepare what they ask for.
    """

    title: str
    command: Callable[[int], Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    health: str = "/health/live"
    builders: Mapping[str, Callable[[str, Dataset], Sequence[bytes]]] | None = None

    @property
    def workloads(self) -> Sequence[str]:
        """Those that it can do."""
        return list(WORKLOADS if self.builders is None else self.builders)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningApp:
    """One that runs."""

    app: App
    port: int
    pid: int

    def requests(self, workload: str, dataset: Dataset) -> Sequence[bytes]:
        """What to send it."""
        if self.app.builders is None:
            return WORKLOADS[workload].requests(dataset)
        return self.app.builders[workload](f"http://127.0.0.1:{self.port}", dataset)


@contextmanager
def running(app: App, database_url: str, log: Path) -> Iterator[RunningApp]:
    """An app that serves, as a process of its own."""
    port = free_port()
    environment = {**INHERITED, **app.environment, "DATABASE_URL": database_url}
    with log.open("ab") as output:
        process = subprocess.Popen(app.command(port), env=environment, cwd=ROOT, stdout=output, stderr=output)
    try:
        _await(process, f"http://127.0.0.1:{port}{app.health}", log)
        yield RunningApp(app=app, port=port, pid=process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _await(process: "subprocess.Popen[bytes]", health: str, log: Path) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while True:
        try:
            if httpx.get(health).is_success:
                return
        except httpx.TransportError:
            pass
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"{process.args!r} does not serve:\n{log.read_text()[-3000:]}")
        time.sleep(0.05)


def uvicorn_command(app: str, python: Path | str = sys.executable) -> Callable[[int], Sequence[str]]:
    """Serves one of the references, with the settings of the service's server."""
    return lambda port: [
        str(python),
        "-m",
        "uvicorn",
        f"tests.benchmarks.references.{app}",
        "--port",
        str(port),
        *_UVICORN,
    ]


APPS: Final[Mapping[str, App]] = {
    "service": App(
        title="ai-agent",
        command=lambda port: [str(AI_AGENT), "serve", "--port", str(port)],
        environment={
            "BETTER_AUTH_SECRET": SECRET,
            "BETTER_AUTH_URL": "http://localhost:3000",
            "DATABASE_ACQUIRE_TIMEOUT": "30",  # what waits is measured, not refused
            "DATABASE_COMMAND_TIMEOUT": "30",
            "REQUEST_TIMEOUT": "60",
            **dict.fromkeys(("LIMIT_ADDRESS_REQUESTS", "LIMIT_USER_REQUESTS"), "1000000000"),  # counted, never too many
            **dict.fromkeys(("LIMIT_USER_MESSAGES", "LIMIT_USER_BYTES", "LIMIT_USER_REPLIES"), "1000000000"),
            "REPLY_LEASE": "3600",  # what is counted is not disturbed by looks for silent replies
        },
    ),
    "floor": App(title="bare ASGI + asyncpg", command=uvicorn_command("floor:app")),
    "sqlmodel": App(
        title="FastAPI + SQLModel", command=uvicorn_command("sqlmodel_app:app", ROOT / ".venv-bench" / "bin" / "python")
    ),
}
