"""Observing: what storage and responder do becomes metrics, spans, and a line of the log after an outage."""

import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import ExitStack, aclosing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Protocol, override

from adapters.postgres.database import Database
from adapters.postgres.observer import Observer, Retry
from domain.ports.responder import Responder, Turn
from domain.reply_events import FinishReason, ReplyEvent, ReplyFinished
from entrypoints.metrics import catalogue

_log = logging.getLogger(__name__)

_QUIET_SECONDS: Final = 1.0
"""Without a failure; after that the storage is back."""


class StorageMetrics(Observer):
    """Counts what the storage does."""

    __slots__ = ("_clock", "_failing_since", "_last_failure")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failing_since: float | None = None
        self._last_failure = 0.0

    @override
    def waited(self, seconds: float) -> None:
        catalogue.POOL_WAITS.observe(seconds)

    @override
    def ran(self, statement: str, seconds: float) -> None:
        catalogue.STATEMENTS.observe(seconds, statement)
        if self._failing_since is not None and self._clock() - self._last_failure >= _QUIET_SECONDS:
            _log.warning(
                "The storage is available again; it failed for %.1f s", self._last_failure - self._failing_since
            )
            self._failing_since = None

    @override
    def failed(self) -> None:
        catalogue.UNAVAILABLE.count()
        self._last_failure = self._clock()
        if self._failing_since is None:
            self._failing_since = self._last_failure

    @override
    def retried(self, cause: Retry) -> None:
        catalogue.RETRIES.count(cause.value)

    @override
    def appended(self, messages: int) -> None:
        catalogue.MESSAGES.count(by=messages)

    @override
    def reply_ended(self, reason: FinishReason) -> None:
        catalogue.REPLIES.count(reason.value)


class RecordStatement(Protocol):
    """Is told of a statement that has just ended, by its name, and by the class of the error if it failed."""

    def __call__(self, statement: str, seconds: float, failure: type[BaseException] | None = None) -> None:
        """Record it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceHooks:
    """What a service that is traced gives: who records statements, and the headers that take a trace on to a model."""

    record_statement: RecordStatement
    model_headers: Callable[[], Mapping[str, str]]


class TracedStorage(StorageMetrics):
    """Counts what the storage does, and records its statements."""

    __slots__ = ("_record",)

    def __init__(self, record: RecordStatement) -> None:
        super().__init__()
        self._record = record

    @override
    def ran(self, statement: str, seconds: float) -> None:
        super().ran(statement, seconds)
        self._record(statement, seconds)

    @override
    def broke_off(self, statement: str, seconds: float, failure: type[BaseException]) -> None:
        self._record(statement, seconds, failure)


def observer_of(hooks: TraceHooks | None) -> Observer:
    """The observer of the storage, with hooks or without."""
    return StorageMetrics() if hooks is None else TracedStorage(hooks.record_statement)


@contextmanager
def pool_metrics(database: Database) -> Iterator[None]:
    """Show the state of its pool, until the end."""
    with ExitStack() as stack:
        stack.enter_context(catalogue.POOL_OPEN.told_by(lambda: asked_of_the_pool(lambda: database.open)))
        stack.enter_context(catalogue.POOL_MOST.told_by(lambda: database.most))
        stack.enter_context(catalogue.POOL_FREE.told_by(lambda: asked_of_the_pool(lambda: database.free)))
        stack.enter_context(catalogue.POOL_WAITING.told_by(lambda: database.waiting))
        yield


def asked_of_the_pool(read: Callable[[], float]) -> float:
    """What is read from another thread than the pool's: asyncpg fails on a connection that is closed meanwhile."""
    with suppress(AttributeError):
        return read()
    return read()


class TimedResponder(Responder):
    """A responder of which is measured how long it takes to say something."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self.budget = responder.budget

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        begun_at = time.perf_counter()
        async with aclosing(self._responder.reply(turn)) as events:
            async for event in events:
                if not isinstance(event, ReplyFinished):
                    catalogue.FIRST_DELTAS.observe(time.perf_counter() - begun_at)
                yield event
                break
            async for event in events:
                yield event
