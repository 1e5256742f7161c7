"""Reading: uvicorn's HTTP protocol with limits on what a client can make grow, and on how long it may take.

uvicorn with httptools has no limit on headers, no deadline for a request to arrive, and none for a client that stops
reading: one client could fill the memory, or hold a worker (docs/adr/0011, docs/adr/0016).
"""

import asyncio
import logging
import time
from http import HTTPStatus
from typing import Any, ClassVar, Final, override

from httptools import HttpParserError, HttpParserUpgrade

from entrypoints.http.tally import Tally
from entrypoints.metrics.catalogue import LIMITS
from entrypoints.server.refusals import refusing_app
from entrypoints.server.request_heads import check_head, trailers_fit
from entrypoints.server.shared_limits import Connection, bodies_fit, limit_unread, make_room
from entrypoints.server.writing import CLOSING, WritingProtocol

_USUAL_FRAME: Final = 16
"""Bytes beside the data of a chunk: two line ends, and its size in a few digits, perhaps with zeros before them."""

_LIMITS: Final = {
    HTTPStatus.REQUEST_URI_TOO_LONG: "target",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "head",
    HTTPStatus.SERVICE_UNAVAILABLE: "requests",
}
"""The limits that a request head may break, by the status of the refusal."""
_SECONDS_FOR_ANOTHER: Final = 1
"""How long a connection whose response could not say that it closes waits for another request."""


class GuardedProtocol(WritingProtocol):
    """The whole protocol: refuses what breaks a limit, such as a large head (431, 414) or a slow request (408)."""

    refusals: ClassVar[Tally] = Tally(logging.getLogger(__name__), "Refused")

    connections: set[Connection]  # type: ignore[assignment]  # uvicorn's own are not served here

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.idle_since = 0.0
        self.body_bytes = 0
        self._in_head = True
        self._head_bytes = 0
        self._frame_bytes = 0
        self._tiny_pieces = 0
        self._read_timer: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no request is being read or answered."""
        return self._in_head and (self.cycle is None or self.cycle.response_complete)

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        super().connection_made(transport)
        self._set_read_timer(self.limits.head_seconds)
        self.idle_since = time.monotonic()
        most = self.limits.connections
        if len(self.connections) > most and not make_room(self.connections, self, most):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "connections")

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._set_read_timer(None)
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._refusal:
            return
        if self._in_head:
            self._head_bytes += len(data)
        else:
            self._frame_bytes += len(data)  # on_body takes off what is data
        self._parse(data)
        is_whole = self._in_head and self._head_bytes == 0
        if is_whole or self._refusal or self.is_closing:
            return
        # The parser reports a header or a trailer only once it is complete, which may never be.
        self._frame_bytes = max(self._frame_bytes, 0)
        if (self._head_bytes if self._in_head else self._frame_bytes) > 2 * self.limits.head_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head")
        elif self._read_timer is None:
            self._set_read_timer(self.limits.head_seconds if self._in_head else self.limits.body_seconds)

    @override
    def on_message_begin(self) -> None:
        self._in_head = True
        if len(self.pipeline) >= self.limits.pipelined:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS, "pipelined")
            raise OverflowError  # stops the parser
        self._head_bytes = self._head_bytes or 1  # bytes that came with the request before are not counted
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        self._head_bytes = self._frame_bytes = self._tiny_pieces = self.body_bytes = 0
        if self._read_timer:
            self._set_read_timer(None)
        refusal = check_head(self.url, self.parser.get_http_version(), self.headers, self.limits)
        if refusal is None and len(self.tasks) >= self.limits.requests_at_once:
            refusal = HTTPStatus.SERVICE_UNAVAILABLE
        served = self.app
        if refusal:
            if refusal in _LIMITS:
                LIMITS.count(_LIMITS[refusal])
            self.app = refusing_app(refusal, self._forms)
        super().on_headers_complete()
        if CLOSING in self.app_state:
            self.close_with_response()
        self.app = served
        self.headers = []  # the parser adds trailers here, which the application must not take for headers
        self._in_head = False

    @override
    def on_body(self, body: bytes) -> None:
        limits = self.limits
        self._tiny_pieces += len(body) < limits.tiny_piece_bytes
        if self._tiny_pieces > limits.tiny_pieces:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "tiny_pieces")
            raise OverflowError  # stops the parser
        before = self.body_bytes // limits.large_body_bytes
        self.body_bytes += len(body)
        self._frame_bytes -= len(body) + _USUAL_FRAME
        is_larger = self.body_bytes // limits.large_body_bytes > before
        if not is_larger or bodies_fit(self.connections, limits.bodies_bytes):
            super().on_body(body)
        elif not self.is_closing:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "bodies")

    @override
    def on_message_complete(self) -> None:
        if self.headers and not trailers_fit(self.headers, self.limits):
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head")
            raise OverflowError  # stops the parser
        self._in_head = True
        if self._read_timer:
            self._set_read_timer(None)
        super().on_message_complete()

    @override
    def on_response_complete(self) -> None:
        self.idle_since = time.monotonic()
        self.body_bytes = 0
        super().on_response_complete()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        limit_unread(self.connections, self, self.limits.unread_bytes)

    @override
    def shutdown(self) -> None:
        """Close the connection if nothing is under way on it, or with the next response."""
        if self.is_idle and self._head_bytes == 0:
            self._close()
        else:
            self.timeout_keep_alive = _SECONDS_FOR_ANOTHER
            self.close_with_response()

    def close_idle(self) -> None:
        """Close the connection, as it is idle and another needs its place."""
        self._set_read_timer(None)
        self._read_timed_out()

    def _parse(self, data: bytes) -> None:
        """As uvicorn does, but without a log line for each malformed request, and for each that offers an upgrade."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade:
            pass  # the offer is declined by a response in HTTP/1.1
        except HttpParserError:
            if not (self._refusal or self.is_closing):
                self.refusals.count("malformed request")
                self._refuse(HTTPStatus.BAD_REQUEST)

    def _set_read_timer(self, seconds: float | None) -> None:
        """Give the client ``seconds`` to send what comes next; None: stop the timer, as nothing is awaited."""
        if self._read_timer:
            self._read_timer.cancel()
        self._read_timer = None if seconds is None else self.loop.call_later(seconds, self._read_timed_out)

    def _read_timed_out(self) -> None:
        self._read_timer = None
        if self._in_head and not self.is_idle:  # a request is being answered, and the next one has begun to arrive
            self._set_read_timer(self.limits.head_seconds)
        elif self._in_head and self._head_bytes == 0:
            self._close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "arrival")

    def _refuse(self, status: HTTPStatus, limit: str | None = None) -> None:
        """Refuse what is being read; ``limit`` is the one that struck, by its name in the metrics."""
        if limit:
            LIMITS.count(limit)
        self._set_read_timer(None)
        if self.headers:  # free their memory: the connection may take a while to close
            self.headers.clear()
        self._refuse_in_turn(status, None if self._in_head else self.cycle)
