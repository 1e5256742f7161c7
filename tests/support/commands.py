"""The command line, run as a person runs it: each command is a process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.support.service import SECRET

ROOT: Final = Path(__file__).parents[2]
AI_AGENT: Final = Path(sys.executable).parent / "ai-agent"
WITH_AUTHENTICATION: Final = {"BETTER_AUTH_SECRET": SECRET, "BETTER_AUTH_URL": "https://auth.test"}
_NOT_INHERITED: Final = {"DATABASE_URL", "PYTHONDONTWRITEBYTECODE"}
"""Commands find no database but that of their test; and none compiles again what another one has compiled."""
INHERITED: Final = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command that has ended."""
    return subprocess.run(
        [AI_AGENT, *arguments],
        env=INHERITED | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@contextmanager
def started(*arguments: str, ready: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command that goes on, once it has printed ``ready``, and what it printed until then."""
    process = subprocess.Popen(
        [AI_AGENT, *arguments],
        env=INHERITED | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    printed = ""
    try:
        for line in process.stdout:
            printed += line
            if ready in line:
                break
        else:
            pytest.fail(f"it ended: {printed}")
        yield process, printed
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(20)
        process.stdout.close()
