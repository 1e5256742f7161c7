"""Programs in JavaScript that tests run, and what they print: a line of JSON each time that they have got something."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any, Final

from tests.support.node_packages import NODE, install_packages

_SECONDS: Final = 40.0


def lines_of(program: Path, *arguments: str) -> Iterator[Any]:
    """What the program prints, as it comes. Raises AssertionError if it fails, or does not end in time."""
    install_packages(program.parent)
    command: list[str | Path] = [NODE, program, *arguments]
    with subprocess.Popen(
        command, cwd=program.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        timer = Timer(_SECONDS, process.kill)
        timer.start()
        try:
            for line in process.stdout:
                yield json.loads(line)
            assert process.wait() == 0, process.stderr.read()
        finally:
            timer.cancel()
            process.kill()
