"""The transport: uvicorn's HTTP protocol with limits on what a client can make grow, or keep waiting.

uvicorn with httptools has no limit on headers, no deadline for a request to arrive, and none for a client that stops
reading; one client could fill the memory or hold a worker.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Final, override

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from entrypoints.http.heads import is_sound
from entrypoints.http.joined_writes import JoinedWrites
from entrypoints.http.refusals import refusal_answer, refusing

_SEND_BUFFER: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may take: bytes, fields, seconds; and how much a worker has open, or answers, at once.

    The connections stay below the 1,024 files that a process may usually have open.
    """

    head_bytes: int = 16 * 1024
    head_fields: int = 64
    path_bytes: int = 1024
    query_bytes: int = 4 * 1024
    query_fields: int = 32
    head_seconds: float = 10
    body_seconds: float = 10
    write_seconds: float = 20
    requests_at_once: int = 1000
    pipelined: int = 32
    connections: int = 900
    unread_bytes: int = 24 * 1024 * 1024
    large_body_bytes: int = 64 * 1024
    bodies_bytes: int = 24 * 1024 * 1024


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
        self._refusal: HTTPStatus | None = None
        self._idle_since = 0.0
        self._body_bytes = 0

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        super().connection_made(JoinedWrites(transport, self.loop))
        if endpoint := transport.get_extra_info("socket"):
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._await(self.limits.head_seconds)
        self._idle_since = self.loop.time()
        if len(self.connections) > self.limits.connections:
            self._make_room()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._reading, self._writing):
            if timer:
                timer.cancel()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._refusal:
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._reading is None:
                self._await(self.limits.head_seconds)
        super().data_received(data)
        # The parser tells of a header only when it is whole, and one may never be.
        if self._in_head and self._head_bytes > 2 * self.limits.head_bytes and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    @override
    def on_message_begin(self) -> None:
        self._in_head = True
        if len(self.pipeline) >= self.limits.pipelined:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS)
            raise OverflowError  # stops the parser
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        self._head_bytes = self._body_bytes = 0
        self._await(self.limits.body_seconds)
        refusal = self._judge_head()
        served = self.app
        if refusal:
            self.app = refusing(refusal)
        super().on_headers_complete()
        self.app = served
        self._in_head = False

    @override
    def on_body(self, body: bytes) -> None:
        before = self._body_bytes // self.limits.large_body_bytes
        self._body_bytes += len(body)
        if self._body_bytes // self.limits.large_body_bytes == before or self._has_room_for_body():
            super().on_body(body)
        elif not self.transport.is_closing():
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    @override
    def on_message_complete(self) -> None:
        self._in_head = True
        self._await(None)
        super().on_message_complete()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._idle_since = self.loop.time()
        self._body_bytes = 0
        if self._refusal and not self.pipeline and self._is_answered():
            self._refuse_now(self._refusal)
        elif self.transport.is_closing():
            self._close()

    @override
    def timeout_keep_alive_handler(self) -> None:
        self._close()

    @override
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self.flow.write_paused:  # or else a client that reads nothing would have two answers in memory
            self.pipeline.append((cycle, app))
            return
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader()
        self._bound_unread()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self.transport.is_closing():
            return
        if self._writing:
            self._writing.cancel()
            self._writing = None
        if self.pipeline and self._is_answered():
            self._start_asgi_task(*self.pipeline.pop())

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(HTTPStatus.BAD_REQUEST)

    def _judge_head(self) -> HTTPStatus | None:
        limits = self.limits
        path, _, query = self.url.partition(b"?")
        is_long = len(path) > limits.path_bytes or len(query) > limits.query_bytes
        if is_long or query.count(b"&") >= limits.query_fields:
            return HTTPStatus.REQUEST_URI_TOO_LONG
        size, hosts = 0, []
        for name, value in self.headers:
            size += len(name) + len(value) + 4
            if name == b"host":
                hosts.append(value)
        if size > limits.head_bytes or len(self.headers) > limits.head_fields:
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        if not is_sound(self.url, self.parser.get_http_version(), hosts):
            return HTTPStatus.BAD_REQUEST
        if len(self.tasks) >= limits.requests_at_once:
            return HTTPStatus.SERVICE_UNAVAILABLE
        return None

    def _await(self, seconds: float | None) -> None:
        """Give the client so long to send what comes next; None: nothing is awaited."""
        if self._reading:
            self._reading.cancel()
        self._reading = None if seconds is None else self.loop.call_later(seconds, self._end_waiting)

    def _end_waiting(self) -> None:
        self._reading = None
        if self._in_head and not self._is_idle():  # the client waits for us, and has begun to send the next request
            self._await(self.limits.head_seconds)
        elif self._in_head and self._head_bytes == 0:
            self._close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _is_answered(self) -> bool:
        """Whether nothing that was begun is still being answered."""
        return self._running is None or self._running.response_complete

    def _is_idle(self) -> bool:
        """Whether no request is being read or answered."""
        return self._in_head and (self.cycle is None or self.cycle.response_complete)

    def _make_room(self) -> None:
        """End the connection that has waited longest for a request; where every other one has its own, this one."""
        others = [one for one in self.connections if one is not self and not one.transport.is_closing()]
        if len(others) < self.limits.connections:
            return
        idle = [one for one in others if isinstance(one, GuardedProtocol) and one._is_idle()]  # noqa: SLF001 - our own
        if idle:
            longest = min(idle, key=lambda one: one._idle_since)  # noqa: SLF001 - our own
            longest._await(None)  # noqa: SLF001 - our own
            longest._end_waiting()  # noqa: SLF001 - our own
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def _has_room_for_body(self) -> bool:
        bodies = sum(one._body_bytes for one in self.connections if isinstance(one, GuardedProtocol))  # noqa: SLF001 - our own
        return bodies <= self.limits.bodies_bytes

    def _bound_unread(self) -> None:
        """Cut off those who have not been reading for longest, until what waits for others to read is little enough."""
        waiting = [one for one in self.connections if isinstance(one, GuardedProtocol) and one._writing]  # noqa: SLF001 - our own
        waiting.sort(key=lambda one: one._writing.when() if one._writing else 0)  # noqa: SLF001 - our own
        unread = sum(one.transport.get_write_buffer_size() for one in waiting)
        for one in waiting:
            if one is self or unread <= self.limits.unread_bytes:
                break
            unread -= one.transport.get_write_buffer_size()
            one._cut_off()  # noqa: SLF001 - our own

    def _close(self) -> None:
        """End the connection as soon as the client has taken what was written, or after a while."""
        self.transport.close()
        self._await_reader()

    def _await_reader(self) -> None:
        if self._writing is None:
            self._writing = self.loop.call_later(self.limits.write_seconds, self._cut_off)

    def _cut_off(self) -> None:
        """End the connection now, with what it has not taken: a polite end would keep that in the kernel."""
        if endpoint := self.transport.get_extra_info("socket"):
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
        self._tell_application()

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer in place of the application, once all that was asked before has its answer, and close."""
        self._await(None)
        failed = None if self._in_head else self.cycle
        if self.pipeline and self.pipeline[0][0] is failed:
            self.pipeline.popleft()
        if failed is not None and failed.response_started:  # its answer came before its body
            self._cut_off()
        elif not self.pipeline and (self._running is failed or self._is_answered()):
            self._refuse_now(status)
        else:
            self._refusal = self._refusal or status

    def _refuse_now(self, status: HTTPStatus) -> None:
        headers, body = refusal_answer(status)
        lines = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode()), *(b"%s: %s" % pair for pair in headers)]
        self.transport.write(b"\r\n".join([*lines, b"", body]))
        self._close()
        self._tell_application()

    def _tell_application(self) -> None:
        """That the client has gone: nothing more is begun, and who waits for a body is woken."""
        self.pipeline.clear()
        for cycle in (self._running, self.cycle):  # they differ when requests are pipelined
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
