"""Processes that a test started."""

import os
import signal
import subprocess
from typing import Any


def workers_of(pid: int) -> list[int]:
    """The workers of a service: not the process that tracks its resources."""
    command = ["ps", "-ww", "-ax", "-o", "pid=,ppid=,command="]
    rows = [line.split(None, 2) for line in subprocess.check_output(command, text=True).splitlines()]
    return [int(row[0]) for row in rows if row[1] == str(pid) and "--multiprocessing-fork" in row[-1]]


def has_ended(pid: int) -> bool:
    """Whether a process has ended, and let go of its files and locks; whether anybody knows it yet or not.

    An empty command line would not do: a process loses its memory before its files.
    """
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607 - ps
    return listed.stdout.strip()[:1] in {"", "Z"}


def kill_all(process: subprocess.Popen[Any]) -> None:
    """End a service and its workers, whatever state they are in."""
    for pid in (*workers_of(process.pid), process.pid):
        os.kill(pid, signal.SIGKILL)
