"""Traced requests: each has a span, which is current wherever the request is answered."""

from typing import Final

from litestar.enums import ScopeType
from litestar.types import HTTPScope, Message, Receive, Scope, Send

from entrypoints.http.edge import Edge
from entrypoints.http.exchange import REFUSED
from entrypoints.http.paths import HEALTH_PATHS
from entrypoints.tracing.export import Exporting
from entrypoints.tracing.spans import no_trace, request_span, tell_response

_ENDED: Final = frozenset({"lifespan.shutdown.complete", "lifespan.shutdown.failed"})


class TracedRequests:
    """Stands before all of the application, where traces are asked for; requests for the health have no span."""

    def __init__(self, app: Edge, exporting: Exporting) -> None:
        self._app = app
        self._exporting = exporting
        self.error_forms = app.error_forms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on within its span; at the end of the application, send the spans that are left."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, self._after_the_spans(send))
        elif scope["path"].startswith(HEALTH_PATHS):
            with no_trace():
                await self._app(scope, receive, send)
        else:
            await self._trace(scope, receive, send)

    async def _trace(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        status: int | None = None

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"]
        with request_span(self._exporting.tracer, method, scope["headers"]) as span:
            try:
                await self._app(scope, receive, send_and_note)
            finally:
                # The router has put the template of the path into the scope, if the request met a route.
                route: str | None = scope.get("path_template")
                tell_response(span, method, route, scope["state"].get(REFUSED, status))

    def _after_the_spans(self, send: Send) -> Send:
        async def send_after_the_spans(message: Message) -> None:
            if message["type"] in _ENDED:
                self._exporting.end()
            await send(message)

        return send_after_the_spans
