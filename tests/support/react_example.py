"""The example in React on one origin: the built page, its better-auth server, and the service."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import httpx

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.migrating import migrate
from entrypoints.settings import Settings
from tests.support.node_packages import NODE
from tests.support.postgres import new_database
from tests.support.service import SECRET, running_service
from tests.support.sockets import free_port
from tests.support.waiting import eventually

DIRECTORY: Final = Path(__file__).parents[2] / "examples" / "react"
_VITE: Final = DIRECTORY / "node_modules" / "vite" / "bin" / "vite.js"
_SECONDS: Final = 40.0


def build_page(folder: Path) -> None:
    """Build the page into a folder."""
    command: list[str | Path] = [NODE, _VITE, "build", "--outDir", folder, "--emptyOutDir", "--logLevel", "warn"]
    ended = subprocess.run(command, cwd=DIRECTORY, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, ""), ended.stdout + ended.stderr


@contextmanager
def running_example(server_url: str, folder: Path) -> Iterator[str]:
    """The origin of the page that was built into the folder, on a database of its own, set up as its README says."""
    page, auth = free_port(), free_port()
    origin = f"http://localhost:{page}"
    with ExitStack() as stack:
        database_url = stack.enter_context(new_database(server_url))
        variables = {"DATABASE_URL": database_url, "BETTER_AUTH_URL": origin, "BETTER_AUTH_SECRET": SECRET}
        stack.enter_context(
            _node("auth.mjs", ready=f"http://127.0.0.1:{auth}/api/auth/ok", PORT=str(auth), **variables)
        )
        asyncio.run(migrate(DatabaseAddress.parse(database_url)))
        settings = {**variables, "TRUSTED_ORIGINS": origin}
        service = stack.enter_context(running_service(Settings.read(settings)))
        servers = {"AUTH_SERVER": f"http://127.0.0.1:{auth}", "SERVICE": service}
        options = ("preview", "--outDir", str(folder), "--port", str(page), "--strictPort")
        stack.enter_context(_node(str(_VITE), *options, ready=origin, **servers))
        yield origin


@contextmanager
def _node(*arguments: str, ready: str, **variables: str) -> Iterator[None]:
    """A program of the example's, once the address answers."""
    inherited = {name: value for name, value in os.environ.items() if name in {"HOME", "PATH", "USER"}}
    process = subprocess.Popen([NODE, *arguments], cwd=DIRECTORY, env=inherited | variables, stdin=subprocess.DEVNULL)
    try:
        assert eventually(lambda: process.poll() is None and _answers(ready), seconds=_SECONDS), arguments
        yield
    finally:
        process.terminate()
        process.wait(_SECONDS)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address).is_success
    except httpx.TransportError:
        return False
