"""The service with traces, as a deployment runs it, and what it has logged."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from entrypoints.settings import Settings
from tests.support.commands import WITH_AUTHENTICATION, started
from tests.support.service import is_alive
from tests.support.sockets import free_port
from tests.support.waiting import eventually

QUICK: Final = {"OTEL_BSP_SCHEDULE_DELAY": "50"}
"""Milliseconds until spans are exported, which else are seconds."""
AT_THE_END: Final = {"OTEL_BSP_SCHEDULE_DELAY": "3600000"}
"""No span is exported before the end."""


@dataclass
class TracedService:
    """A service that runs."""

    process: "subprocess.Popen[str]"
    address: str
    log: str = field(default="")
    """All that it has printed, once it has ended."""

    def end(self) -> int:
        """End it, without a deadline but that of the test; its exit code."""
        self.process.terminate()
        assert self.process.stdout is not None
        self.log += self.process.stdout.read()
        return self.process.wait()

    def lines(self) -> list[dict[str, Any]]:
        """The lines of requests in its log, once it has ended."""
        lines = [json.loads(line) for line in self.log.splitlines()]
        return [line for line in lines if line["message"] == "request"]


@contextmanager
def traced_service(settings: Settings, environment: Mapping[str, str], *, workers: int = 1) -> Iterator[TracedService]:
    """Serve with these variables of the environment, OpenTelemetry's among them."""
    port = free_port()
    command = ("serve", "--port", str(port), "--workers", str(workers))
    given = {"DATABASE_URL": settings.database_url, "LOG_FORMAT": "json", **WITH_AUTHENTICATION, **environment}
    with started(*command, ready="Serving on", **given) as (process, printed):
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address) as client:
            assert eventually(lambda: is_alive(client), seconds=60)
        yield TracedService(process, address, printed)
