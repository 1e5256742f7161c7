"""What it costs a request to be logged and counted: CPU of this process, without anything else of a request."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from entrypoints.container.observing import StorageMetrics
from entrypoints.http.exchange import count_request
from entrypoints.logs.formats import JsonFormatter
from entrypoints.logs.handler import DroppingHandler
from entrypoints.logs.requests import LOGGER, log_request

_REQUESTS: Final = 20_000
_AT_ONCE: Final = 100
"""Requests until the thread that writes has a turn, as an event loop gives it one."""
_ROUTE: Final = "/api/conversations/{conversation_id}/messages"

type Observation = dict[str, float]
"""CPU in µs a request, by what is done."""


def measure_observation(rounds: int) -> Observation:
    """The best of so many rounds."""
    with _logging_to_nowhere():
        return {
            "its line in the log, written": min(_cpu_of(_log) for _ in range(rounds)),
            "its metrics, with two statements": min(_cpu_of(_count) for _ in range(rounds)),
        }


def _log() -> None:
    log_request(
        request_id="7d0a4c5d9f1b2e33-2f",
        method="POST",
        route=_ROUTE,
        status=201,
        seconds=0.0042,
        user_id="Xb9mC2vR7yQw3kLpZt8sNd5fGh1jAe4u",
        written=712,
    )


_storage: Final = StorageMetrics()


def _count() -> None:
    count_request("POST", _ROUTE, 201, 0.0042)
    _storage.ran("better_auth.session", 0.0007)
    _storage.ran("writes.append", 0.0021)
    _storage.appended(1)


def _cpu_of(work: Callable[[], None]) -> float:
    before = time.process_time()
    for _ in range(_REQUESTS // _AT_ONCE):
        for _ in range(_AT_ONCE):
            work()
        time.sleep(0.001)
    return (time.process_time() - before) / _REQUESTS * 1_000_000


@contextmanager
def _logging_to_nowhere() -> Iterator[None]:
    """All lines of requests are made and written, to a file that keeps nothing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    handler = DroppingHandler(nowhere)
    handler.setFormatter(JsonFormatter())
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    try:
        yield
    finally:
        LOGGER.propagate = True
        LOGGER.setLevel(logging.NOTSET)
        LOGGER.removeHandler(handler)
        handler.flush()
        os.close(nowhere)
