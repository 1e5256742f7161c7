"""A proxy between service and database that can go silent, be slow, refuse, and break every connection."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class FaultProxy:
    """Passes bytes from a TCP port of its own to a Unix socket; an event loop in a thread.

    ``target`` names the socket anew for each connection; while it raises or nobody listens there, clients are reset.
    """

    def __init__(self, target: Callable[[], str]) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._refuses = False
        self._delay = 0.0
        self._era = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @contextlib.contextmanager
    def silent(self, *, forgets: bool = False) -> Any:
        """Take bytes and connections, and pass nothing on until the end; then pass on what was held.

        If it ``forgets``, the connections of until then stay silent for ever.
        """
        self._do(self._set(flows=False))
        try:
            yield
        finally:
            self._do(self._set(flows=True, forgets=forgets))

    @contextlib.contextmanager
    def slow(self, seconds: float) -> Any:
        """Pass everything on so much later, until the end."""
        self._delay = seconds
        try:
            yield
        finally:
            self._delay = 0

    @contextlib.contextmanager
    def refusing(self) -> Any:
        """Break every connection, and each new one, until the end."""
        self._do(self._set(refuses=True))
        self.reset()
        try:
            yield
        finally:
            self._do(self._set(refuses=False))

    def reset(self) -> None:
        """Break every connection, on both sides."""
        self._do(self._reset())

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _open(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._reset()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _set(self, *, flows: bool | None = None, refuses: bool | None = None, forgets: bool = False) -> None:
        self._era += forgets
        if flows is not None:
            (self._flows.set if flows else self._flows.clear)()
        if refuses is not None:
            self._refuses = refuses

    async def _reset(self) -> None:
        for writer in list(self._writers):
            _abort(writer)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Not a coroutine: asyncio would complain of its handlers when they are cancelled.
        task = self._loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            _abort(writer)
            return
        ends = {writer}
        self._writers.add(writer)
        try:
            await self._flows.wait()
            try:
                far_reader, far_writer = await asyncio.open_unix_connection(self._target())
            except Exception:  # noqa: BLE001 - whatever keeps the target away
                _abort(writer)
                return
            ends.add(far_writer)
            self._writers.add(far_writer)
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        finally:
            self._writers -= ends
            for end in ends:
                end.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        era = self._era
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await asyncio.sleep(self._delay)
                await self._flows.wait()
                if era == self._era:
                    writer.write(data)
                    await writer.drain()
        await self._flows.wait()
        with contextlib.suppress(OSError):
            writer.write_eof()


def _abort(writer: asyncio.StreamWriter) -> None:
    end = writer.get_extra_info("socket")
    if end is not None and end.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
