"""Logs: lines on standard error, written by a thread, since that may be a pipe that nobody reads."""

import logging
import os
import threading
from contextlib import suppress
from queue import Full, Queue
from typing import Any, Final, override

_MOST_LINES: Final = 1000
_SECONDS_TO_END: Final = 1.0
_STANDARD_ERROR: Final = 2

NOISY: Final = ("uvicorn", "alembic", "httpx2")
"""Libraries that log each thing that they do."""
SERVING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"dropping": {"class": f"{__name__}.DroppingHandler", "formatter": "line"}},
    "root": {"level": "INFO", "handlers": ["dropping"]},
    "loggers": {name: {"level": "WARNING"} for name in NOISY},
}
"""The configuration of logging in a process that serves, for ``logging.config.dictConfig``."""


class DroppingHandler(logging.Handler):
    """Queues lines for a thread that writes them; drops a line when the queue is full. So logging never blocks."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: Queue[bytes] = Queue(_MOST_LINES)
        threading.Thread(target=self._write, name="log", daemon=True).start()

    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put_nowait(f"{self.format(record)}\n".encode(errors="backslashreplace"))
        except Full:
            pass
        except Exception:  # noqa: BLE001 - as all handlers do: logging must not fail its caller
            self.handleError(record)

    @override
    def flush(self) -> None:
        """Wait until the queue is written, for a second at most; called at the end of the process."""
        with self._lines.all_tasks_done:
            self._lines.all_tasks_done.wait_for(lambda: not self._lines.unfinished_tasks, _SECONDS_TO_END)

    def _write(self) -> None:
        """Write to the file descriptor: the lock of sys.stderr would keep the process from ending."""
        while True:
            with suppress(OSError):
                os.write(_STANDARD_ERROR, self._lines.get())
            self._lines.task_done()
