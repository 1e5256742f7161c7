"""The system of compose.yaml, in a project of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.sockets import free_port

ROOT: Final = Path(__file__).parents[2]


class System:
    """What `docker compose up` started; its services are reached on free ports."""

    def __init__(self, project: str) -> None:
        self._environment = {
            **os.environ,
            "COMPOSE_PROJECT_NAME": project,
            "PORT": str(free_port()),
            "AUTH_PORT": str(free_port()),
        }
        self._compose = _compose()

    def compose(self, *arguments: str) -> str:
        """What a command of Docker Compose printed."""
        return _run([*self._compose, *arguments], self._environment)

    def sh(self, line: str, **environment: str) -> str:
        """What a line printed that a person typed into a shell."""
        return _run(["sh", "-c", line], self._environment | environment)

    def container(self, service: str) -> str:
        """The id of a service's container."""
        return self.compose("ps", "-q", service).strip()

    def inspect(self, service: str, template: str) -> str:
        """A property of a service's container."""
        return docker("inspect", "--format", template, self.container(service)).strip()

    def inside(self, service: str, *command: str) -> str:
        """What a command printed that was run in a service's container."""
        return docker("exec", self.container(service), *command)


@contextmanager
def running() -> Iterator[System]:
    """Build the images, start everything, and take it down again with its data."""
    system = System(f"ai-agent-test-{os.getpid()}")
    try:
        system.compose("build")
        system.compose("up", "-d")
        yield system
    finally:
        system.compose("down", "--volumes", "--timeout", "1")


def docker(*arguments: str) -> str:
    """What a command of Docker printed."""
    return _run(["docker", *arguments], dict(os.environ))


def _compose() -> list[str]:
    """Docker Compose: the plugin, or else the older command, from 1.29 on."""
    plugin = ["docker", "compose"]
    has_plugin = subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode == 0
    return plugin if has_plugin else ["docker-compose"]


def _run(command: list[str], environment: dict[str, str]) -> str:
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {finished.returncode}: {finished.stderr[-2000:]}")
    return finished.stdout
