"""The log line of a request: who asked for what, and how it was answered, without anything that was said."""

import logging
import time
from typing import Any, Final, override

LOGGER: Final = logging.getLogger("ai-agent.requests")


_SAME: Final = vars(logging.LogRecord(LOGGER.name, logging.INFO, __file__, 0, "request", (), None))
"""What records of requests have in common: to find it out anew costs more than the rest of the line."""


class RequestRecord(logging.LogRecord):
    """A record of one request; ``fields`` are those of its line in JSON."""

    fields: dict[str, Any]

    def __init__(self, fields: dict[str, Any]) -> None:
        now = time.time()
        self.__dict__ = {**_SAME, "created": now, "msecs": int(now % 1 * 1000) + 0.0, "fields": fields}

    @override
    def getMessage(self) -> str:
        given = {**self.fields}
        head = " ".join(str(given.pop(name)) for name in ("method", "route", "status"))
        return " ".join([head, *(f"{name}={value}" for name, value in given.items() if value is not None)])


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
    if LOGGER.isEnabledFor(logging.INFO):
        fields = {
            "request_id": request_id,
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "user_id": user_id,
            "bytes": written,
        }
        if not is_complete:
            fields["is_complete"] = False
        LOGGER.handle(RequestRecord(fields))
