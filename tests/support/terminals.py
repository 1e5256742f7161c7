"""Commands whose standard error is a terminal."""

import os
import pty
import subprocess
from contextlib import suppress

from tests.support.commands import AI_AGENT, INHERITED


def run_on_terminal(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """The exit code of a command that has ended, what it printed to a pipe, and what the terminal got."""
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        [AI_AGENT, *arguments],
        env=INHERITED | {"TERM": "xterm", "COLUMNS": "120"} | environment,
        stdout=subprocess.PIPE,
        stderr=its_end,
        text=True,
    )
    os.close(its_end)
    shown = b""
    with suppress(OSError):  # which Linux raises at the end
        while more := os.read(terminal, 4096):
            shown += more
    os.close(terminal)
    printed, _ = process.communicate(timeout=30)
    return process.returncode, printed, shown.decode()
