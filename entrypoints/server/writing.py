"""The transport's writing half: one answer after another, and an end that waits for nobody for ever."""

import asyncio
import math
import socket
import struct
from http import HTTPStatus
from typing import Any, ClassVar, Final, override

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from entrypoints.server.joined_writes import JoinedWrites
from entrypoints.server.limits import Limits
from entrypoints.server.refusals import refusal_answer

_SEND_BUFFER: Final = 64 * 1024


class AnsweringProtocol(HttpToolsProtocol):
    """Begins an answer once the one before it is read, refuses after the answers due, cuts off who stops reading."""

    limits: ClassVar[Limits] = Limits()

    cycle: RequestResponseCycle | None  # type: ignore[assignment]  # uvicorn sets None before the first request

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.access_log = self.config.access_log  # uvicorn writes one as soon as anybody handles its logger's records
        self._writing: asyncio.TimerHandle | None = None
        self._running: RequestResponseCycle | None = None
        self._refusal: HTTPStatus | None = None

    @property
    def is_closing(self) -> bool:
        """Whether the connection's end has begun."""
        return self.transport.is_closing()

    @property
    def unread_bytes(self) -> int:
        """What the client has yet to take."""
        return self.transport.get_write_buffer_size()

    @property
    def must_read_by(self) -> float:
        """When the client is cut off if it has not read by then, by the event loop's clock; infinity where it reads."""
        return self._writing.when() if self._writing else math.inf

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        super().connection_made(JoinedWrites(transport, self.loop))
        if endpoint := transport.get_extra_info("socket"):
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._writing:
            self._writing.cancel()
        super().connection_lost(exc)

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._refusal and not self.pipeline and self._is_answered():
            self._refuse_now(self._refusal)
        elif self.is_closing:
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

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self.is_closing:
            return
        if self._writing:
            self._writing.cancel()
            self._writing = None
        if self.pipeline and self._is_answered():
            self._start_asgi_task(*self.pipeline.pop())

    def cut_off(self) -> None:
        """End the connection now, with what it has not taken: a polite end would keep that in the kernel."""
        if endpoint := self.transport.get_extra_info("socket"):
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
        self._tell_application()

    def _close(self) -> None:
        """End the connection as soon as the client has taken what was written, or after a while."""
        self.transport.close()
        self._await_reader()

    def _await_reader(self) -> None:
        if self._writing is None:
            self._writing = self.loop.call_later(self.limits.write_seconds, self.cut_off)

    def _refuse_in_turn(self, status: HTTPStatus, failed: RequestResponseCycle | None) -> None:
        """Answer in place of the application, once all that was asked before what failed has its answer, and close."""
        if self.pipeline and self.pipeline[0][0] is failed:
            self.pipeline.popleft()
        if failed is not None and failed.response_started:  # its answer came before its body
            self.cut_off()
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

    def _is_answered(self) -> bool:
        """Whether nothing that was begun is still being answered."""
        return self._running is None or self._running.response_complete

    def _tell_application(self) -> None:
        """That the client has gone: nothing more is begun, and who waits for a body is woken."""
        self.pipeline.clear()
        for cycle in (self._running, self.cycle):  # they differ when requests are pipelined
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
