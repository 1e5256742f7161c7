"""The server's main process: started, waited for, and stopped."""

import contextlib
import os
import pathlib
import signal
import subprocess
from collections.abc import Iterator, Mapping

from adapters.embedded_postgres.binaries import program
from adapters.embedded_postgres.complaint import complaint
from adapters.embedded_postgres.deadline import wait_until
from adapters.embedded_postgres.errors import EmbeddedPostgresError
from adapters.embedded_postgres.privileges import Account
from adapters.embedded_postgres.watchdog import Watchdog

# Recovery after a crash comes before the first connection; pg_ctl waits as long.
_SECONDS_TO_START = 60.0

# One a second, for a program that has just been started may miss the first. SIGINT disconnects the clients and writes
# everything down; after SIGQUIT the next start recovers, and nothing committed is lost.
_WAYS_TO_STOP = (*20 * (signal.SIGINT,), signal.SIGQUIT)


@contextlib.contextmanager
def running_postmaster(
    folder: pathlib.Path, account: Account, settings: Mapping[str, str], predecessor: int | None
) -> Iterator[None]:
    """Run `postgres` on the folder; it accepts connections when this yields.

    `predecessor` is the process id that lock files left behind may name. Raises EmbeddedPostgresError with
    PostgreSQL's own reason.
    """
    log = folder / "server.log"
    with Watchdog() as watchdog, log.open("ab") as output:
        account.take(log)
        log_start = output.seek(0, os.SEEK_END)
        process = watchdog.start(
            [program("postgres"), "-D", folder, *(f"--{name}={value}" for name, value in settings.items())],
            account=account,
            environment=_environment(predecessor),
            log=output,
        )
        try:
            _wait_until_ready(folder, process, log, log_start)
            yield
        finally:
            _stop(process, watchdog)


def _environment(predecessor: int | None) -> dict[str, str]:
    # LC_ALL: one language in the log, and on macOS no locale that would start threads in the postmaster.
    environment = {**os.environ, "LC_ALL": "C"}
    if predecessor is not None:
        # After a reboot the process id in old lock files may be anybody's, and postgres does not start while it lives.
        # This variable, made for pg_ctl, names one process that is no postmaster. To delete postmaster.pid instead
        # would disarm the check that no old backend is still attached to the shared memory.
        environment["PG_GRANDPARENT_PID"] = str(predecessor)
    return environment


def _wait_until_ready(
    folder: pathlib.Path, process: subprocess.Popen[bytes], log: pathlib.Path, log_start: int
) -> None:
    in_time = wait_until(lambda: process.poll() is not None or _is_ready(folder, process.pid), _SECONDS_TO_START)
    if in_time and process.returncode is None:
        return
    with log.open("rb") as text:
        text.seek(log_start)
        said = complaint(text.read().decode(errors="replace"))
    reason = said if in_time else f"it is not ready after {_SECONDS_TO_START:.0f} seconds"
    raise EmbeddedPostgresError(
        f"PostgreSQL does not start on {folder}: {reason} (log: {log}). "
        "If the folder is damaged, move it away: the next start makes a new one."
    )


def _is_ready(folder: pathlib.Path, pid: int) -> bool:
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    # Line 1 is the process, line 8 its state, which says that it takes connections. A file that a crash left says so
    # too, but names another process.
    return lines[:1] == [str(pid)] and [line.strip() for line in lines[7:8]] in (["ready"], ["standby"])


def _stop(process: subprocess.Popen[bytes], watchdog: Watchdog) -> None:
    for way in _WAYS_TO_STOP:
        process.send_signal(way)
        # PostgreSQL now stops with or without us; and its process id is not free for others before `wait`.
        watchdog.dismiss()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
            return
    process.wait()
