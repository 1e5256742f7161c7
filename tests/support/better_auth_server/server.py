"""Starts better-auth in Node.js beside the tests and ends it with them."""

import json
import os
import subprocess
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Final, Self
from urllib.parse import urlsplit

from tests.support.node_packages import NODE, install_packages

DIRECTORY: Final = Path(__file__).resolve().parent
_STOP_SECONDS: Final = 10.0


class BetterAuthServerError(RuntimeError):
    """The server did not start; the message ends with what it printed."""


@dataclass(kw_only=True, eq=False)
class BetterAuthServer:
    """A better-auth server on 127.0.0.1, for as long as the `with` block lasts.

    It creates and migrates its own tables in `database_url`, a libpq URL (unix sockets as `?host=/directory`).
    `base_url` is what it believes to be reached at: https gives its cookies the `__Secure-` prefix and the Secure
    attribute, although it listens on plain http at `address`. Who signs up with one of `admin_emails` is an admin.
    """

    database_url: str = field(repr=False)
    secret: str = field(repr=False)
    base_url: str = "http://localhost:3000"
    trusted_origins: Sequence[str] = ()
    require_signature: bool = False
    cookie_prefix: str | None = None
    generate_id: str | None = None
    admin_emails: Sequence[str] = ("admin@example.test",)
    admin_user_ids: Sequence[str] = ()
    port: int = 0
    start_seconds: float = 30.0
    address: str = field(init=False, repr=False)
    """Where it listens, `http://127.0.0.1:PORT`; there is none before it runs."""
    _process: subprocess.Popen[str] | None = field(default=None, init=False, repr=False)
    _reader: Thread | None = field(default=None, init=False, repr=False)
    _output: deque[str] = field(default_factory=lambda: deque(maxlen=100), init=False, repr=False)

    @property
    def origin(self) -> str:
        """The Origin of a browser on `base_url`, which the server always trusts."""
        url = urlsplit(self.base_url)
        return f"{url.scheme}://{url.netloc}"

    @property
    def output(self) -> str:
        """The last hundred lines that it printed."""
        return "".join(self._output)

    def __enter__(self) -> Self:
        install_packages(DIRECTORY)
        ports: SimpleQueue[int | None] = SimpleQueue()
        self._process = subprocess.Popen(
            [NODE, DIRECTORY / "server.mjs"],
            cwd=DIRECTORY,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is for the test run: its fixtures may still need the server
        )
        try:
            self._reader = Thread(target=self._drain, args=(self._process.stdout, ports), daemon=True)
            self._reader.start()
            self.address = f"http://127.0.0.1:{self._await_port(ports)}"
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _environment(self) -> dict[str, str]:
        """Only what is listed: better-auth obeys a dozen variables (BETTER_AUTH_SECRETS, NODE_ENV, TEST, …)."""
        libpq = {key: value for key, value in os.environ.items() if key.startswith("PG") or key in {"HOME", "USER"}}
        return libpq | {
            "DATABASE_URL": self.database_url,
            "BETTER_AUTH_SECRET": self.secret,
            "BETTER_AUTH_URL": self.base_url,
            "TRUSTED_ORIGINS": ",".join(self.trusted_origins),
            "REQUIRE_SIGNATURE": "true" if self.require_signature else "false",
            "COOKIE_PREFIX": self.cookie_prefix or "",
            "GENERATE_ID": self.generate_id or "",
            "ADMIN_EMAILS": ",".join(self.admin_emails),
            "ADMIN_USER_IDS": ",".join(self.admin_user_ids),
            "PORT": str(self.port),
        }

    def _drain(self, output: IO[str], ports: SimpleQueue[int | None]) -> None:
        """Read until the server ends, for a full pipe would stop it; None says that no ready line will come."""
        for line in output:
            self._output.append(line)
            if line.startswith('{"ready":true'):
                ports.put(json.loads(line)["port"])
        ports.put(None)

    def _await_port(self, ports: SimpleQueue[int | None]) -> int:
        try:
            port = ports.get(timeout=self.start_seconds)
        except Empty:
            message = f"better-auth was not ready after {self.start_seconds:g} s:\n{self.output}"
            raise BetterAuthServerError(message) from None
        if port is None:
            message = f"better-auth ended before it was ready:\n{self.output}"
            raise BetterAuthServerError(message)
        return port

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        if self._reader is not None:
            self._reader.join()
        with process:  # closes its pipes
            pass
