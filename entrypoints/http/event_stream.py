"""Event streams: frames that are sent as they come, to a client that may leave, or lose its session."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, Final, override

from litestar import Request, Response
from litestar.types import ASGIApp, Receive, Scope, Send

from domain.errors import AiAgentError, UnavailableError
from entrypoints.http.head_requests import IS_HEAD
from entrypoints.http.responses import until_gone
from entrypoints.http.tally import Tally
from entrypoints.metrics.catalogue import OPEN_STREAMS

MEDIA_TYPE: Final = "text/event-stream"
KEEP_ALIVE_SECONDS: Final = 10
CHECK_SECONDS: Final = 15

_KEEP_ALIVE: Final = b": keep-alive\n\n"
_HEADERS: Final = (
    (b"content-type", MEDIA_TYPE.encode()),
    (b"cache-control", b"no-cache, no-store, no-transform"),  # a proxy that compresses would hold frames back
    (b"x-accel-buffering", b"no"),  # nginx would, too
)
_broken: Final = Tally(logging.getLogger(__name__), "Stream broken off")


class EventStream(Response[AsyncGenerator[bytes, None]]):
    """A response of frames, each piece of its content whole ones.

    A client that leaves ends it at once, and so does HEAD. In silence a comment is sent every ``KEEP_ALIVE_SECONDS``.
    Every ``CHECK_SECONDS`` ``authenticate`` is called: when it refuses, or has not been able to tell twice in a row,
    the stream is broken off. So it is when its content raises: the connection is closed before the body's end, so that
    the client knows that it is not complete.
    """

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        *,
        authenticate: Callable[[], Awaitable[object]],
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(frames, media_type=MEDIA_TYPE, headers=dict(headers))
        self._authenticate = authenticate

    @override
    def to_asgi_response(  # type: ignore[override]  # Litestar asks for no more than an ASGI application
        self, app: None, request: Request[Any, Any, Any], **_: Any
    ) -> ASGIApp:
        headers = [*_HEADERS, *((name.lower().encode(), value.encode()) for name, value in self.headers.items())]

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            async with aclosing(self.content) as frames:
                await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": headers})
                send_body = scope["state"].get("send_body", send)
                with OPEN_STREAMS.raised():
                    is_sent = scope["state"].get(IS_HEAD) or await self._is_sent(frames, receive, send_body)
                if is_sent:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})

        return respond

    async def _is_sent(self, frames: AsyncGenerator[bytes, None], receive: Receive, send: Send) -> bool:
        """Whether all frames were sent; else the client has left, or the stream is broken off."""
        writer = _Writer(send)
        sending = asyncio.create_task(writer.send_all(frames))
        ends = [until_gone(receive), writer.keep_alive(), _until_refused(self._authenticate)]
        tasks = [sending, *(asyncio.create_task(end) for end in ends)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:  # the server is at its end, and would log a traceback of each stream
            _broken.count("shutdown")
            return False
        finally:
            await _cancel(tasks)
        try:
            for task in done:
                task.result()
        except AiAgentError as error:
            _broken.count(error.code)
            return False
        return sending in done


class _Writer:
    """Sends frames, and a comment when there is none for a while."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._sent_at = self._loop.time()

    async def send_all(self, frames: AsyncGenerator[bytes, None]) -> None:
        async for frame in frames:
            await self._write(frame)

    async def keep_alive(self) -> None:
        while True:
            silent_until = self._sent_at + KEEP_ALIVE_SECONDS
            if (left := silent_until - self._loop.time()) > 0:
                await asyncio.sleep(left)
            else:
                await self._write(_KEEP_ALIVE)

    async def _write(self, data: bytes) -> None:
        self._sent_at = self._loop.time()
        await self._send({"type": "http.response.body", "body": data, "more_body": True})


async def _until_refused(authenticate: Callable[[], Awaitable[object]]) -> None:
    """Return never; raises what refuses the caller, or UnavailableError."""
    failures = 0
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        try:
            await authenticate()
            failures = 0
        except UnavailableError:
            failures += 1
            if failures > 1:
                raise


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
