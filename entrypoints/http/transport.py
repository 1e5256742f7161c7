"""The transport: uvicorn's HTTP protocol with limits on what a client can make grow, or keep waiting.

uvicorn with httptools has no limit on headers, no deadline for a request to arrive, and none for a client that stops
reading; one client could fill the memory or hold a worker.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Final, override

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from entrypoints.http.edge import SECURITY_HEADERS
from entrypoints.http.joined_writes import JoinedWrites
from entrypoints.http.problems import problem_answer

_SEND_BUFFER: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may take: bytes, fields, seconds; and how many requests a worker answers at once."""

    head_bytes: int = 16 * 1024
    head_fields: int = 64
    path_bytes: int = 1024
    query_bytes: int = 4 * 1024
    head_seconds: float = 10
    body_seconds: float = 10
    write_seconds: float = 20
    requests_at_once: int = 1000


class GuardedProtocol(HttpToolsProtocol):
    """Refuses heads that are too large with 431 or 414, ends what is too slow with 408, cuts off who stops reading."""

    limits: ClassVar[Limits] = Limits()

    cycle: RequestResponseCycle | None  # type: ignore[assignment]  # uvicorn sets None before the first request

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.access_log = self.config.access_log  # uvicorn writes one as soon as anybody handles its logger's records
        self._in_head = True
        self._head_bytes = 0
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._running: RequestResponseCycle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        super().connection_made(JoinedWrites(transport, self.loop))
        if endpoint := transport.get_extra_info("socket"):
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._await(self.limits.head_seconds)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._reading, self._writing):
            if timer:
                timer.cancel()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._reading is None:
                self._await(self.limits.head_seconds)
        super().data_received(data)
        # The parser tells of a header only when it is whole, and one may never be.
        if self._in_head and self._head_bytes > 2 * self.limits.head_bytes and not self.transport.is_closing():
            self._refuse_raw(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    @override
    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self._await(self.limits.body_seconds)
        refusal = self._judge_head()
        served = self.app
        if refusal:
            self.app = _refusing(refusal)
        super().on_headers_complete()
        self.app = served

    @override
    def on_message_complete(self) -> None:
        self._in_head = True
        self._await(None)
        super().on_message_complete()

    @override
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing = self.loop.call_later(self.limits.write_seconds, self._cut_off)

    @override
    def resume_writing(self) -> None:
        if self._writing:
            self._writing.cancel()
            self._writing = None
        super().resume_writing()

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse_raw(HTTPStatus.BAD_REQUEST)

    def _judge_head(self) -> HTTPStatus | None:
        path, _, query = self.url.partition(b"?")
        if len(path) > self.limits.path_bytes or len(query) > self.limits.query_bytes:
            return HTTPStatus.REQUEST_URI_TOO_LONG
        size = sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.limits.head_bytes or len(self.headers) > self.limits.head_fields:
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        if len(self.tasks) >= self.limits.requests_at_once:
            return HTTPStatus.SERVICE_UNAVAILABLE
        return None

    def _await(self, seconds: float | None) -> None:
        """Give the client so long to send what comes next; None: nothing is awaited."""
        if self._reading:
            self._reading.cancel()
        self._reading = None if seconds is None else self.loop.call_later(seconds, self._end_waiting)

    def _end_waiting(self) -> None:
        self._reading = None
        answering = self.cycle if self.cycle is not None and not self.cycle.response_complete else None
        if self._in_head and answering:  # the client waits for us, and has begun to send the next request
            self._await(self.limits.head_seconds)
        elif self._in_head and self._head_bytes == 0:
            self.transport.close()
        elif not self._in_head and (answering is None or answering.response_started):
            self._cut_off()  # its answer came before its body
        else:
            self._refuse_raw(HTTPStatus.REQUEST_TIMEOUT)

    def _cut_off(self) -> None:
        """End the connection now, with what it has not taken: a polite end would keep that in the kernel."""
        if endpoint := self.transport.get_extra_info("socket"):
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
        self._tell_application()

    def _refuse_raw(self, status: HTTPStatus) -> None:
        """Answer in place of the application, which learns that the client has gone, and close."""
        headers, body = _answer(status)
        lines = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode()), *(b"%s: %s" % pair for pair in headers)]
        self.transport.write(b"\r\n".join([*lines, b"", body]))
        self.transport.close()
        self._tell_application()

    def _tell_application(self) -> None:
        """That the client has gone: nothing more is begun, and who waits for a body is woken."""
        self.pipeline.clear()
        for cycle in (self._running, self.cycle):  # they differ when requests are pipelined
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()


def _refusing(status: HTTPStatus) -> Callable[..., Any]:
    async def refuse(_scope: Any, _receive: Any, send: Callable[[Any], Any]) -> None:
        headers, body = _answer(status)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return refuse


def _answer(status: HTTPStatus) -> tuple[list[tuple[bytes, bytes]], bytes]:
    headers, body = problem_answer(status, *_PROBLEMS[status])
    return [*SECURITY_HEADERS, *headers, (b"connection", b"close")], body


_PROBLEMS: Final = {
    HTTPStatus.BAD_REQUEST: ("bad_request", "This is no valid HTTP request."),
    HTTPStatus.REQUEST_TIMEOUT: ("too_slow", "The request did not arrive in time."),
    HTTPStatus.REQUEST_URI_TOO_LONG: ("uri_too_long", "The path or the query is too long."),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: ("headers_too_large", "The headers are too large, or too many."),
    HTTPStatus.SERVICE_UNAVAILABLE: ("overloaded", "Too many requests are being answered; try again in a moment."),
}
