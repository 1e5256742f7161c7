"""The endpoint of the metrics, beside ``ai-agent serve`` with real workers."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from entrypoints.settings import Settings
from tests.support.commands import WITH_AUTHENTICATION, run, started
from tests.support.metrics import Samples
from tests.support.processes import workers_of
from tests.support.service import is_alive
from tests.support.sockets import free_port
from tests.support.waiting import eventually

REQUESTS = "ai_agent_http_request_seconds_count"
ME = {"route": "/api/me", "method": "GET", "status": "200"}

pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True)
class Served:
    """A service that runs."""

    process: "subprocess.Popen[str]"
    client: httpx.Client
    metrics_port: int

    def samples(self) -> Samples:
        return Samples.at(self.metrics_port)

    def ask(self, count: int) -> None:
        """Send requests, each on a connection of its own, which any worker may take."""
        for _ in range(count):
            self.client.get("/api/me", headers={"Connection": "close"}).raise_for_status()

    def has(self, name: str, value: float, labels: dict[str, str] | None = None) -> bool:
        return eventually(lambda: self.samples().value(name, labels) == value, seconds=40)


@contextmanager
def served(settings: Settings, token: str, workers: int) -> Iterator[Served]:
    port, metrics_port = free_port(), free_port()
    command = ("serve", "--port", str(port), "--workers", str(workers))
    environment = {
        "DATABASE_URL": settings.database_url,
        "METRICS_PORT": str(metrics_port),
        "LOG_FORMAT": "text",
        **WITH_AUTHENTICATION,
    }
    headers = {"Authorization": f"Bearer {token}"}
    with (
        started(*command, ready="Serving on", **environment) as (process, _),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client,
    ):
        assert eventually(lambda: is_alive(client), seconds=60)
        yield Served(process, client, metrics_port)


def test_one_worker_shows_what_it_has_counted(settings: Settings, new_token: Callable[[], str]) -> None:
    with served(settings, new_token(), 1) as service:
        service.ask(3)

        assert service.has(REQUESTS, 3, ME)
        assert service.samples().value("ai_agent_workers") == 1
        assert service.samples().value("ai_agent_pool_most_connections") == 10
        elsewhere = httpx.get(f"http://127.0.0.1:{service.metrics_port}/other")

    assert elsewhere.status_code == 404


def test_counts_of_workers_are_added_up_and_do_not_go_back_when_one_dies(
    settings: Settings, new_token: Callable[[], str]
) -> None:
    with served(settings, new_token(), 2) as service:
        assert service.has("ai_agent_workers", 2)
        service.ask(40)
        assert service.has(REQUESTS, 40, ME)
        before = service.samples()

        os.kill(workers_of(service.process.pid)[0], signal.SIGKILL)
        assert service.has("ai_agent_worker_starts_total", 3)
        assert service.has("ai_agent_workers", 2)
        assert service.has("ai_agent_pool_most_connections", 20)
        service.ask(10)
        assert service.has(REQUESTS, 50, ME)
        after = service.samples()

    assert after.decreased_since(before) == set()


def test_without_a_port_there_are_no_metrics(client: httpx.Client) -> None:
    assert client.get("/metrics").status_code == 404


def test_a_port_that_is_taken_is_told_in_one_line(settings: Settings) -> None:
    port = free_port()
    taken = {"METRICS_PORT": str(port), "METRICS_HOST": "192.0.2.1", "DATABASE_URL": settings.database_url}

    ended = run("serve", "--port", "0", **taken, **WITH_AUTHENTICATION)

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"ai-agent: Can't listen on 192.0.2.1:{port}: ")
    assert ended.stderr.endswith("Choose another with METRICS_PORT.\n")
