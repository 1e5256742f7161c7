"""The log line of a request: who asked for what, and how it was answered, without anything that was said."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, override

import msgspec

LOGGER: Final = logging.getLogger("ai-agent.requests")
_PID: Final = os.getpid()  # processes that serve are spawned, not forked
_OF_ALL_LINES: Final = frozenset({"time", "level", "logger", "message", "pid"})
_HEAD: Final = frozenset({"method", "route", "status"})


class RequestLine(msgspec.Struct, omit_defaults=True, gc=False):
    """The line, as it is in JSON."""

    time: datetime
    level: str
    logger: str
    message: str
    pid: int
    request_id: str
    method: str | None
    route: str | None
    status: int | None
    duration_ms: float
    user_id: str | None
    bytes: int | None
    is_complete: bool = True
    trace_id: str | None = None


class RequestRecord(logging.LogRecord):
    """A record of a request, for whoever handles records."""

    def __init__(self, line: RequestLine) -> None:
        super().__init__(LOGGER.name, logging.INFO, __file__, 0, line.message, (), None)
        self.created = line.time.timestamp()
        self.msecs = line.time.microsecond // 1000 + 0.0
        self.line = line

    @override
    def getMessage(self) -> str:
        line = self.line
        told = [f"{name}={value}" for name, value in told_of(line).items() if value is not None and name not in _HEAD]
        return " ".join([f"{line.method} {line.route} {line.status}", *told])


def told_of(line: RequestLine) -> dict[str, Any]:
    """What the line tells of the request."""
    return {name: value for name, value in msgspec.to_builtins(line).items() if name not in _OF_ALL_LINES}


@dataclass(slots=True)
class _Way:
    """How lines leave. A request pays for each step, so a process that serves makes no record while one is answered."""

    take: Callable[[RequestLine], None] | None = None
    """Takes a line; None: the logger takes a record of it."""
    trace_id: Callable[[], str | None] | None = None
    """The id of the current trace, if there are traces."""


WAY: Final = _Way()


def log_request(
    *,
    request_id: str,
    method: str | None,
    route: str | None,
    status: int | None,
    seconds: float,
    user_id: str | None = None,
    written: int | None = None,
    is_complete: bool = True,
) -> None:
    """Log a request that has ended.

    ``method`` is None if the head of the request was not read to its end.
    ``route`` is the template of its path, and None if it met no route. ``status`` is None if there was no response.
    ``written`` counts the bytes of the response, its head included. ``is_complete``: whether it was sent to its end.
    """
    duration_ms = int(seconds * 10_000 + 0.5) / 10  # a tenth of what round() takes
    line = RequestLine(
        datetime.now(UTC),
        "info",
        LOGGER.name,
        "request",
        _PID,
        request_id,
        method,
        route,
        status,
        duration_ms,
        user_id,
        written,
        is_complete,
    )
    if WAY.trace_id is not None:
        line.trace_id = WAY.trace_id()
    if WAY.take is not None:
        WAY.take(line)
    elif LOGGER.isEnabledFor(logging.INFO):
        LOGGER.handle(RequestRecord(line))
