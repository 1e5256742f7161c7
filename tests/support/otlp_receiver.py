"""A receiver of traces that speaks OTLP over HTTP on the loopback."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import override

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class OtlpReceiver:
    """What was exported to it."""

    endpoint: str
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def requests(self) -> list[ExportTraceServiceRequest]:
        """All that was received, decoded."""
        return [ExportTraceServiceRequest.FromString(body) for body in [*self.bodies]]

    def spans(self, trace_id: str | None = None) -> list[Span]:
        """All spans, or those of one trace, in the order in which they came."""
        return [
            span
            for request in self.requests()
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
            if trace_id in {None, span.trace_id.hex()}
        ]

    def served(self, trace_id: str | None = None) -> list[Span]:
        """The spans of requests."""
        return [span for span in self.spans(trace_id) if span.kind == Span.SPAN_KIND_SERVER]

    def resources(self) -> list[dict[str, str]]:
        """What they say of who sent them."""
        return [
            {one.key: one.value.string_value for one in resource.resource.attributes}
            for request in self.requests()
            for resource in request.resource_spans
        ]


def attributes(span: Span) -> dict[str, str | int]:
    """What a span says, all of it that is text or a whole number."""
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


@contextmanager
def otlp_receiver(status: int = 200, *, is_silent: bool = False) -> Iterator[OtlpReceiver]:
    """Receive, and answer with a status, or nothing at all."""

    class Handler(_Handler):
        receiver: OtlpReceiver
        answer = None if is_silent else status

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver = OtlpReceiver(f"http://127.0.0.1:{server.server_port}")
        Handler.receiver = receiver
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.over.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    receiver: OtlpReceiver
    answer: int | None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.receiver.bodies.append(gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body)
        if self.answer is None:
            self.receiver.over.wait(60)
            return
        self.send_response(self.answer)
        self.send_header("content-length", "0")
        self.end_headers()

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""
