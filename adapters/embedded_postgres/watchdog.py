"""A small process that outlives ours only to end what ours would leave running."""

import os
import subprocess
import types
from collections.abc import Mapping, Sequence
from typing import IO, Self

from adapters.embedded_postgres.privileges import Account

# The first line names the process. No second one is ever written: that `read` ends when the pipe's only write end
# closes, which is when our process has ended, however it did. A program that has just been started may miss a signal;
# PostgreSQL does not mind a second one.
_WATCH = """
    read -r pid || exit
    read -r line
    for attempt in 1 2 3 4 5; do kill -INT "$pid" || exit; sleep 1; done
"""

# It begins only when the watchdog knows it, and not at all if we end before that.
_BEGIN_WHEN_TOLD = 'read -r line && exec "$@" </dev/null'


class Watchdog:
    """Starts a process, and sends it SIGINT when our own process ends.

    It hangs on a pipe and not on Linux's PR_SET_PDEATHSIG, which macOS lacks and which fires when the *thread* that
    started the child ends. Children that are forked without exec (multiprocessing's default on Linux before Python
    3.14) hold the pipe open too: the signal then waits for the last of them.
    """

    def __init__(self) -> None:
        # Neither end of a pipe is inherited, unless as a child's standard input.
        read_end, self._pipe = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - a constant script
                ["/bin/sh", "-c", _WATCH],
                stdin=read_end,
                # Whoever waits for the end of our output shall not wait for this process.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # A signal to our process group shall not reach it.
                start_new_session=True,
            )
        finally:
            os.close(read_end)

    def start(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        account: Account,
        environment: Mapping[str, str],
        log: IO[bytes],
    ) -> subprocess.Popen[bytes]:
        """Start a command, once, in a session of its own; at no time does it run unguarded."""
        read_end, write_end = os.pipe()
        try:
            process = subprocess.Popen(  # noqa: S603 - the shell gets the command as arguments, not as text
                ["/bin/sh", "-c", _BEGIN_WHEN_TOLD, "sh", *account.prefix, *command],
                stdin=read_end,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
                user=account.user,
                group=account.group,
                extra_groups=account.extra_groups,
            )
            os.write(self._pipe, f"{process.pid}\n".encode())
            os.write(write_end, b"\n")
        finally:
            os.close(read_end)
            os.close(write_end)
        return process

    def dismiss(self) -> None:
        """End the watchdog, which then signals nobody."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: types.TracebackType | None,
    ) -> None:
        # Not dismissed means that something went wrong: then it shall do its work.
        os.close(self._pipe)
        self._process.wait()
