"""Export: spans are gathered, and sent in batches by a thread, as OpenTelemetry's variables say."""

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, override

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter, SpanExportResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from entrypoints.logs.requests import WAY
from entrypoints.settings import SettingsError
from entrypoints.tracing.spans import record_statement, trace_id
from entrypoints.tracing.switch import exporters

_EXPORTERS: Final[Mapping[str, Callable[[], SpanExporter]]] = {
    "otlp": OTLPSpanExporter,
    "console": ConsoleSpanExporter,
}
_SILENT: Final = ("opentelemetry", "urllib3")
"""They log what clients send (a ``tracestate``), headers of the export, and URLs, all of which may be secret."""
_TELLING: Final = ("opentelemetry.sdk.trace.sampling", "opentelemetry.sdk._shared_internal")
"""They log a sampler that there is not, and spans that are dropped as the queue is full."""
_SECONDS_TO_END: Final = 1.0
"""With the 13 that requests and replies may take before, less than the 15 after which a worker is killed."""
_SECONDS_BETWEEN_WARNINGS: Final = 60.0

_log = logging.getLogger(__name__)


class Exporting:
    """The spans of this process, on their way."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self.tracer: Final = provider.get_tracer("ai-agent")

    def record_statement(self, statement: str, seconds: float, failure: type[BaseException] | None = None) -> None:
        """Record a statement that has just ended, by its name."""
        record_statement(self.tracer, statement, seconds, failure)

    def end(self) -> None:
        """Send what is left, within a second; what is not sent by then is lost."""
        # A thread of our own: one of the event loop's would be waited for at the end of the process.
        ending = threading.Thread(target=self._provider.shutdown, name="spans", daemon=True)
        ending.start()
        ending.join(_SECONDS_TO_END)


def start_exporting() -> Exporting:
    """Export the spans of this process, once and to its end. Raises SettingsError.

    The provider is OpenTelemetry's global one: what else is instrumented here, such as an agent, adds its spans.
    """
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    for name in _TELLING:
        logging.getLogger(name).setLevel(logging.WARNING)
    if not os.environ.get("OTEL_PROPAGATORS"):
        # No baggage, which is also a default of OpenTelemetry's: it carries what any client has put into it.
        propagate.set_global_textmap(TraceContextTextMapPropagator())
    provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
    for name in exporters():
        provider.add_span_processor(_batches(TellingExporter(_EXPORTERS[name]())))
    trace.set_tracer_provider(provider)
    WAY.trace_id = trace_id
    return Exporting(provider)


class TellingExporter(SpanExporter):
    """Exports as another exporter does, and says in the log, once a minute, how many spans were lost."""

    def __init__(self, exporter: SpanExporter, clock: Callable[[], float] = time.monotonic) -> None:
        self._exporter = exporter
        self._clock = clock
        self._lost = 0
        self._told_at = -math.inf

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        except Exception:  # noqa: BLE001 - whatever it is, its message may have the headers of the export
            result = SpanExportResult.FAILURE
        if result is not SpanExportResult.SUCCESS:
            self._lost += len(spans)
            self._tell()
        return result

    @override
    def shutdown(self) -> None:
        self._exporter.shutdown()

    def _tell(self) -> None:
        now = self._clock()
        if now - self._told_at >= _SECONDS_BETWEEN_WARNINGS:
            _log.warning("%d span(s) could not be exported, and are lost: see OTEL_EXPORTER_OTLP_ENDPOINT", self._lost)
            self._told_at, self._lost = now, 0


def _batches(exporter: SpanExporter) -> BatchSpanProcessor:
    try:
        return BatchSpanProcessor(exporter)
    except ValueError as error:
        raise SettingsError(f"OTEL_BSP_ variables: {error}") from error


def _resource() -> Resource:
    """What the variables say of this service; its name is ours unless they give another one."""
    resource = Resource.create()
    is_named = not str(resource.attributes[SERVICE_NAME]).startswith("unknown_service")
    return resource if is_named else resource.merge(Resource({SERVICE_NAME: "ai-agent"}))
