"""Writing: one response after another on a connection, and a close that waits for no client for ever."""

import asyncio
import math
import socket
import struct
from http import HTTPStatus
from typing import Any, ClassVar, Final, override

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from entrypoints.http.edge import new_request_id
from entrypoints.http.exchange import CONNECTION, REFUSED
from entrypoints.metrics.catalogue import LIMITS
from entrypoints.server.joined_writes import JoinedWrites
from entrypoints.server.limits import Limits
from entrypoints.server.refusals import forms_of, log_refusal, refusal

CLOSING: Final = "closing"
"""In the state of the application: each response closes its connection."""
_SEND_BUFFER: Final = 64 * 1024


class WritingProtocol(HttpToolsProtocol):
    """The half of uvicorn's HTTP protocol that writes, with what uvicorn lacks (docs/adr/0016).

    - A response is begun only once the client has read the one before it.
    - A refusal is sent after the responses to the requests before it; then the connection is closed.
    - A client that stops reading is cut off after ``limits.write_seconds``.
    """

    limits: ClassVar[Limits] = Limits()

    cycle: RequestResponseCycle | None  # type: ignore[assignment]  # uvicorn sets None before the first request

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.access_log = self.config.access_log  # uvicorn writes one as soon as anybody handles its logger's records
        self._write_timer: asyncio.TimerHandle | None = None
        self._is_lost = False
        self._running: RequestResponseCycle | None = None
        self._refusal: HTTPStatus | None = None
        self._refused_path = ""
        self._forms = forms_of(self.app)

    @property
    def is_closing(self) -> bool:
        """Whether the connection has begun to close."""
        return self.transport.is_closing()

    @property
    def unread_bytes(self) -> int:
        """What the client has yet to read."""
        return self.transport.get_write_buffer_size()

    @property
    def read_deadline(self) -> float:
        """When the client is cut off unless it reads, by the event loop's clock; infinity while it reads."""
        return self._write_timer.when() if self._write_timer else math.inf

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        writes = JoinedWrites(transport, self.loop)
        super().connection_made(writes)
        self.app_state = {**self.app_state, CONNECTION: writes}
        if endpoint := transport.get_extra_info("socket"):
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        if self._write_timer:
            self._write_timer.cancel()
            self._write_timer = None
        super().connection_lost(exc)

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._refusal and not self.pipeline and self._has_responded():
            self._send_refusal(self._refusal, self._refused_path)
        elif self.is_closing:
            self._close()

    @override
    def timeout_keep_alive_handler(self) -> None:
        self._close()

    @override
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self.flow.write_paused:  # or else two responses would be in memory for a client that reads nothing
            self.pipeline.append((cycle, app))
            return
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_write_timer()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self.is_closing:
            return
        if self._write_timer:
            self._write_timer.cancel()
            self._write_timer = None
        if self.pipeline and self._has_responded():
            self._start_asgi_task(*self.pipeline.pop())

    def close_with_response(self) -> None:
        """Let the newest request's response say that it closes the connection, unless it has begun."""
        if self.cycle is not None and not self.cycle.response_started:
            self.cycle.keep_alive = False

    def cut_off(self) -> None:
        """Close the connection at once with a reset; a graceful close would keep in the kernel what was not read."""
        if endpoint := self.transport.get_extra_info("socket"):
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
        self._disconnect_application()

    def _close(self) -> None:
        """Close the connection once the client has read what was written, or when its time to read is over."""
        self.transport.close()
        self._start_write_timer()

    def _start_write_timer(self) -> None:
        if self._write_timer is None and not self._is_lost:
            self._write_timer = self.loop.call_later(self.limits.write_seconds, self._stop_waiting)

    def _stop_waiting(self) -> None:
        LIMITS.count("reading")
        self.cut_off()

    def _refuse_in_turn(self, status: HTTPStatus, failed: RequestResponseCycle | None) -> None:
        """Refuse the request ``failed`` (None: one whose head is not read) after the responses to those before it.

        Where its own response has begun already, the connection is cut off.
        """
        path = "" if failed is None else failed.scope["path"]
        if self.pipeline and self.pipeline[0][0] is failed:
            self.pipeline.popleft()
        if failed is not None and failed.response_started:  # the response began before the body was whole
            self.cut_off()
        elif not self.pipeline and (self._running is failed or self._has_responded()):
            self._send_refusal(status, path)
        elif self._refusal is None:
            self._refusal, self._refused_path = status, path

    def _send_refusal(self, status: HTTPStatus, path: str) -> None:
        request_id = self._note_refusal(status) or new_request_id()
        headers, body = refusal(status, self._forms, path, request_id)
        lines = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode()), *(b"%s: %s" % pair for pair in headers)]
        response = b"\r\n".join([*lines, b"", body])
        self.transport.write(response)
        if self._has_responded():
            log_refusal(status, request_id, written=len(response))
        self._close()
        self._disconnect_application()

    def _note_refusal(self, status: HTTPStatus) -> bytes | None:
        """Tell the request that is being answered, if there is one, how it was refused; it is logged when it ends.

        Returns its id, if it has one already.
        """
        if self._running is None or self._running.response_complete:
            return None
        state: dict[str, Any] = self._running.scope["state"]
        state[REFUSED] = status
        return state.get("request_id", "").encode() or None

    def _has_responded(self) -> bool:
        """Whether the response that was begun last is complete."""
        return self._running is None or self._running.response_complete

    def _disconnect_application(self) -> None:
        """Tell the application that the client has gone: no further request begins, and waiting for a body ends."""
        self.pipeline.clear()
        for cycle in (self._running, self.cycle):  # they differ when requests are pipelined
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
