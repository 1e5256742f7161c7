"""Formats of log lines: JSON for programs, text for people."""

import logging
import os
import time
from typing import Any, Final, override

import msgspec

from entrypoints.logs.requests import LOGGER, RequestRecord

_encode: Final = msgspec.json.Encoder().encode
_LEVELS: Final = {name: name.lower() for name in logging.getLevelNamesMapping()}


class JsonFormatter(logging.Formatter):
    """A JSON object a line: ``time``, ``level``, ``logger``, ``message``, ``pid``, then what the record has more."""

    def __init__(self) -> None:
        super().__init__()
        self._pid = os.getpid()
        same = {"level": "info", "logger": LOGGER.name, "message": "request", "pid": self._pid}
        self._of_requests = _encode(same).decode()[1:-1]
        self._second = 0
        self._prefix = ""

    @override
    def format(self, record: logging.LogRecord) -> str:
        at = self._time(record.created)
        if isinstance(record, RequestRecord):
            return f'{{"time":"{at}",{self._of_requests},{_encode(record.fields).decode()[1:]}'
        fields: dict[str, Any] = {
            "time": at,
            "level": _LEVELS.get(record.levelname, record.levelname),
            "logger": record.name,
            "message": record.getMessage(),
            "pid": self._pid,
        }
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return _encode(fields).decode()

    def _time(self, seconds: float) -> str:
        """The time as RFC 3339 has it, in UTC; most lines fall into the second of the line before."""
        whole = int(seconds)
        if whole != self._second:
            self._second, self._prefix = whole, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
        return f"{self._prefix}.{int((seconds - whole) * 1000):03d}Z"


class TextFormatter(logging.Formatter):
    """Time, level, logger and message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
