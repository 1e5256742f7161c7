"""OpenAI's own client in JavaScript, under Node.js."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.support.node_packages import NODE, install_packages

DIRECTORY: Final = Path(__file__).resolve().parent
_SECONDS: Final = 40.0


def follow_responses(base_url: str, token: str) -> Iterator[tuple[str, Any]]:
    """What the program in ``responses.mjs`` gets of the service, each thing as soon as it has it: its name, and itself.

    The program goes on meanwhile.
    """
    install_packages(DIRECTORY)
    command: list[str | Path] = [NODE, DIRECTORY / "responses.mjs", base_url, token]
    with subprocess.Popen(command, cwd=DIRECTORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            assert program.stderr is not None
            for line in program.stdout:
                name, got = json.loads(line)
                yield name, got
            assert program.wait(_SECONDS) == 0, program.stderr.read()
        finally:
            program.kill()


def run_program(base_url: str, token: str, agent_key: str) -> dict[str, Any]:
    """What the program in ``conversation.mjs`` got of the service."""
    install_packages(DIRECTORY)
    command: list[str | Path] = [NODE, DIRECTORY / "conversation.mjs", base_url, token, agent_key]
    ended = subprocess.run(command, cwd=DIRECTORY, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert ended.returncode == 0, ended.stderr
    got: dict[str, Any] = json.loads(ended.stdout)
    return got
