"""The predecessor: a PostgreSQL that a killed supervisor may have left running on a data folder."""

import os
import pathlib
import signal
import subprocess

from adapters.embedded_postgres.deadline import wait_until
from adapters.embedded_postgres.errors import EmbeddedPostgresError

_SECONDS_TO_STOP = 30.0


def end_predecessor(folder: pathlib.Path) -> int | None:
    """End a PostgreSQL that still runs on the folder, whose lock we hold.

    Returns the process id that a `postmaster.pid` left behind may still name: whatever process that is, it is not
    PostgreSQL on this folder.
    """
    pid_file = folder / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().partition("\n")[0])
    except FileNotFoundError:
        return None
    except ValueError:
        # A crash came between its creation and its first line; postgres would refuse it.
        pid_file.unlink()
        return None
    if _is_postgres_of(folder, pid):
        os.kill(pid, signal.SIGINT)
        if not wait_until(lambda: not _is_postgres_of(folder, pid), _SECONDS_TO_STOP):
            raise EmbeddedPostgresError(
                f"An earlier PostgreSQL on {folder} (process {pid}) does not stop: end it, then start again."
            )
    return pid


def _is_postgres_of(folder: pathlib.Path, pid: int) -> bool:
    return f"/postgres -D {folder} " in f"{command_line(pid)} "


def command_line(pid: int) -> str:
    """Return a process's program and arguments; empty when it has ended."""
    processes = pathlib.Path("/proc")
    if (processes / "self").exists():
        try:
            arguments = (processes / str(pid) / "cmdline").read_bytes()
        except OSError:
            return ""
        return os.fsdecode(arguments.replace(b"\0", b" ")).strip()
    # macOS has no /proc; slim Linux images have no ps.
    command = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    ps = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - a number is its only variable
    return os.fsdecode(ps.stdout).strip()
