"""Spans: what a trace tells of a request and of a statement. Never a path, a query, a header, SQL, or a message."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, override

from opentelemetry import context, propagate, trace
from opentelemetry.propagators.textmap import Getter
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer

from entrypoints.metrics.catalogue import METHODS

type Headers = Iterable[tuple[bytes, bytes]]

_LEAST_SERVER_ERROR: Final = 500
_LONGEST_STATE: Final = 512
"""Characters of a ``tracestate`` that are passed on (W3C Trace Context, section 3.3.1.5): each span repeats them."""


class _RawHeaders(Getter[Headers]):
    """Reads the headers of a request as ASGI has them."""

    @override
    def get(self, carrier: Headers, key: str) -> list[str] | None:
        name = key.lower().encode()
        values = [value.decode("latin-1") for given, value in carrier if given == name]
        is_too_long = name == b"tracestate" and sum(map(len, values)) > _LONGEST_STATE
        return None if is_too_long else values or None

    @override
    def keys(self, carrier: Headers) -> list[str]:
        return [name.decode("latin-1") for name, _ in carrier]


_HEADERS: Final = _RawHeaders()


@contextmanager
def request_span(tracer: Tracer, method: str, headers: Headers) -> Iterator[Span]:
    """The span of a request, current until its end; its trace began at the client if that sent a ``traceparent``.

    What is raised marks it as failed, by its class alone.
    """
    # Not on the current context: of pipelined requests, the next one begins in that of the one before.
    received = propagate.extract(headers, context.Context(), _HEADERS)
    attributes = {"http.request.method": method if method in METHODS else "_OTHER"}
    span = tracer.start_span(_known(method), received, SpanKind.SERVER, attributes)
    token = context.attach(trace.set_span_in_context(span, received))
    try:
        yield span
    except BaseException as error:
        _fail(span, type(error).__name__)
        raise
    finally:
        context.detach(token)
        span.end()


def tell_response(span: Span, method: str, route: str | None, status: int | None) -> None:
    """Tell how the request was answered: ``route`` is the template of its path, None if it met no route."""
    if route is not None:
        span.update_name(f"{_known(method)} {route}")
        span.set_attribute("http.route", route)
    if status is not None:
        span.set_attribute("http.response.status_code", status)
        if status >= _LEAST_SERVER_ERROR:
            _fail(span, str(status))


@contextmanager
def no_trace() -> Iterator[None]:
    """Nothing that is done in it belongs to a trace."""
    token = context.attach(context.Context())
    try:
        yield
    finally:
        context.detach(token)


def record_statement(
    tracer: Tracer, statement: str, seconds: float, failure: type[BaseException] | None = None
) -> None:
    """Record a statement that has just ended, if what it was run for is traced."""
    if not trace.get_current_span().get_span_context().is_valid:
        return
    end = time.time_ns()
    span = tracer.start_span(
        statement,
        kind=SpanKind.CLIENT,
        attributes={"db.system.name": "postgresql"},
        start_time=end - int(seconds * 1e9),
    )
    if failure is not None:
        _fail(span, failure.__name__)
    span.end(end)


def trace_headers() -> dict[str, str]:
    """The headers by which a request to another service takes the current trace on."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


def trace_id() -> str | None:
    """The id of the current trace."""
    current = trace.get_current_span().get_span_context()
    return trace.format_trace_id(current.trace_id) if current.is_valid else None


def _known(method: str) -> str:
    return method if method in METHODS else "HTTP"


def _fail(span: Span, kind: str) -> None:
    """Without a description: the message of an error may hold what somebody has said."""
    span.set_status(StatusCode.ERROR)
    span.set_attribute("error.type", kind)
