"""The service as real processes, whose workers can be hurt."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import httpx

from tests.support.commands import AI_AGENT, INHERITED, ROOT
from tests.support.processes import workers_of
from tests.support.service import SECRET, is_alive
from tests.support.sockets import free_port
from tests.support.waiting import eventually

_SECONDS_TO_START = 5.0
"""How old a worker must be to count as one that serves."""
PATIENT = {f"{name}_TIMEOUT": "60" for name in ("DATABASE_ACQUIRE", "DATABASE_COMMAND", "REQUEST")}
"""For tests that break nothing: however busy the machine is, nothing is unavailable."""
_WATCH = 'read -r group || exit; read -r line; kill -KILL "-$group" 2>/dev/null'
"""Ends the service's processes when ours ends without having done so; the second ``read`` ends with our process."""


class Service:
    """``ai-agent serve``, or a mutant of it."""

    def __init__(
        self,
        database_url: str,
        log: Path,
        *,
        command: Sequence[str] = (str(AI_AGENT),),
        environment: Mapping[str, str] | None = None,
        workers: int = 2,
    ) -> None:
        self._port = free_port()
        self._count = workers
        self._command = [*command, "serve", "--port", str(self._port), "--workers", str(workers)]
        self._environment = {
            **INHERITED,
            "DATABASE_URL": database_url,
            "DATABASE_POOL_SIZE": "5",
            "DATABASE_ACQUIRE_TIMEOUT": "1",
            "DATABASE_CONNECT_TIMEOUT": "1",
            "DATABASE_COMMAND_TIMEOUT": "1.5",
            "REPLY_LEASE": "2",
            **dict.fromkeys(("LIMIT_ADDRESS_REQUESTS", "LIMIT_USER_REQUESTS", "LIMIT_USER_MESSAGES"), "0"),
            **dict.fromkeys(("LIMIT_USER_BYTES", "LIMIT_USER_REPLIES"), "0"),
            "BETTER_AUTH_SECRET": SECRET,
            "BETTER_AUTH_URL": "http://localhost:3000",
            **(environment or {}),
        }
        self._log = log
        self._born: dict[int, float] = {}
        self._hurt: set[int] = set()

    @property
    def address(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._watchdog = subprocess.Popen(["/bin/sh", "-c", _WATCH], stdin=subprocess.PIPE, start_new_session=True)
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.write(f"{self._process.pid}\n".encode())
        self._watchdog.stdin.flush()
        try:
            with httpx.Client(base_url=self.address) as client:
                assert eventually(lambda: is_alive(client) and len(self.workers()) == self._count, 40), (
                    self._log.read_text()
                )
        except BaseException:
            self.__exit__()
            raise
        return self

    def terminate(self) -> None:
        """Tell it to end, and wait until it has."""
        self._process.terminate()
        self._process.wait(25)

    def restart_workers(self) -> None:
        """Tell it to replace its workers, and wait until it has."""
        before = {*self.workers()}
        self._process.send_signal(signal.SIGHUP)
        assert eventually(lambda: not before & {*self.workers()}, 90), self._log.read_text()

    def kill(self) -> None:
        """End all its processes at once, whatever they are about."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def __exit__(self, *_: object) -> None:
        try:
            if self._process.poll() is None:
                self._process.terminate()
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            sys.stderr.write("the service did not end in time\n")
        finally:
            # Closing the pipe makes the watchdog end whatever is left of the group.
            assert self._watchdog.stdin is not None
            self._watchdog.stdin.close()
            self._watchdog.wait(10)
            self._process.wait(10)

    def workers(self) -> list[int]:
        """The processes that serve or will: one alone is the service's own."""
        found = [self._process.pid] if self._count == 1 else workers_of(self._process.pid)
        for pid in found:
            self._born.setdefault(pid, time.monotonic())
        return found

    def dispensable(self) -> list[int]:
        """The workers that may be ended because another one serves."""
        grown = time.monotonic() - _SECONDS_TO_START
        serving = [pid for pid in self.workers() if pid not in self._hurt and self._born[pid] < grown]
        return serving if len(serving) > 1 else []

    def end(self, worker: int, way: signal.Signals) -> None:
        """Send a worker a signal that ends it."""
        self._hurt.add(worker)
        os.kill(worker, way)

    def signal(self, worker: int, way: signal.Signals) -> None:
        """Send a worker a signal that it survives."""
        os.kill(worker, way)
