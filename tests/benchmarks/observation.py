"""What it costs a request to be logged, counted and traced: CPU of this process, without anything else of a request."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, override

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from entrypoints.container.observing import StorageMetrics
from entrypoints.http.exchange import count_request
from entrypoints.logs.formats import JsonFormatter
from entrypoints.logs.handler import DroppingHandler
from entrypoints.logs.requests import WAY, log_request
from entrypoints.tracing.spans import record_statement, request_span, tell_response

_REQUESTS: Final = 20_000
_AT_ONCE: Final = 100
"""Requests until the thread that writes has a turn, as an event loop gives it one."""
_ROUTE: Final = "/api/conversations/{conversation_id}/messages"

type Observation = dict[str, float]
"""CPU in µs a request, by what is done."""


def measure_observation(rounds: int) -> Observation:
    """The best of so many rounds."""
    with _logging_to_nowhere(), _tracing_to_nowhere() as trace:
        return {
            "its line in the log, written": min(_cpu_of(_log) for _ in range(rounds)),
            "its metrics, with two statements": min(_cpu_of(_count) for _ in range(rounds)),
            "its spans where there are traces, with two statements": min(_cpu_of(trace) for _ in range(rounds)),
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


class _Encoder(SpanExporter):
    """Makes the bytes that would be sent."""

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        encode_spans(spans).SerializeToString()
        return SpanExportResult.SUCCESS


@contextmanager
def _tracing_to_nowhere() -> Iterator[Callable[[], None]]:
    """Yields what traces a request that has a ``traceparent``; its spans are encoded in batches, as for a collector."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_Encoder()))
    tracer = provider.get_tracer("benchmark")
    headers = [
        (b"host", b"benchmark"),
        (b"authorization", b"Bearer Xb9mC2vR7yQw3kLpZt8sNd5fGh1jAe4u"),
        (b"content-type", b"application/json"),
        (b"content-length", b"300"),
        (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ]

    def trace() -> None:
        with request_span(tracer, "POST", headers) as span:
            record_statement(tracer, "better_auth.session", 0.0007)
            record_statement(tracer, "writes.append", 0.0021)
            tell_response(span, "POST", _ROUTE, 201)

    try:
        yield trace
    finally:
        provider.shutdown()


@contextmanager
def _logging_to_nowhere() -> Iterator[None]:
    """All lines of requests are made and written, to a file that keeps nothing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    handler = DroppingHandler(nowhere)
    handler.setFormatter(JsonFormatter())
    WAY.take = handler.take
    try:
        yield
    finally:
        WAY.take = None
        handler.flush()
        os.close(nowhere)
