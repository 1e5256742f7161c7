"""Formats of log lines: JSON for programs, text for people."""

import logging
from datetime import UTC, datetime
from typing import Any, Final, override

import msgspec

from entrypoints.logs.requests import RequestRecord

_LEVELS: Final = {name: name.lower() for name in logging.getLevelNamesMapping()}


class JsonFormatter(logging.Formatter):
    """A JSON object a line: ``time``, ``level``, ``logger``, ``message``, ``pid``, then what the record has more."""

    encode: Final = msgspec.json.Encoder().encode

    @override
    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record, RequestRecord):
            return self.encode(record.line).decode()
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": _LEVELS.get(record.levelname, record.levelname),
            "logger": record.name,
            "message": record.getMessage(),
            "pid": record.process,
        }
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return self.encode(fields).decode()


class TextFormatter(logging.Formatter):
    """Time, level, logger and message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
