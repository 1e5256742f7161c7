"""Logs: one line an event on standard error, as JSON for programs or as text for people."""

import logging
import os
from typing import Any, Final, Literal

type LogFormat = Literal["auto", "json", "text"]

NOISY: Final = ("uvicorn", "alembic", "httpx2")
"""Libraries that log each thing that they do."""
_STANDARD_ERROR: Final = 2


def serving(log_format: LogFormat = "auto") -> dict[str, Any]:
    """The configuration of logging in a process that serves, for ``logging.config.dictConfig``.

    ``auto``: text on a terminal, else JSON.
    """
    if log_format == "auto":
        log_format = "text" if os.isatty(_STANDARD_ERROR) else "json"
    formatter = "TextFormatter" if log_format == "text" else "JsonFormatter"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.formats.{formatter}"}},
        "handlers": {"dropping": {"()": f"{__name__}.handler.of_all_lines", "formatter": "line"}},
        "root": {"level": "INFO", "handlers": ["dropping"]},
        "loggers": {name: {"level": "WARNING"} for name in NOISY},
    }


def flush() -> None:
    """Wait until all lines are written, for a second at most: a process that a signal ends does not come to that."""
    for handler in logging.getLogger().handlers:
        handler.flush()
