"""A transport that joins writes: the head and the body of a response leave in one packet, by one system call."""

import asyncio
from typing import Any, Final, override

_MOST_HELD: Final = 64 * 1024
"""Bytes; more than that is sent at once, since flow control counts only what was sent."""


class JoinedWrites(asyncio.Transport):
    """Holds what is written until the event loop's next turn, which comes before anything else is read."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = 0
        self.bytes_written = 0
        """All that was ever written."""

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(bytes(data))
        self._size += len(data)
        self.bytes_written += len(data)
        if self._size > _MOST_HELD:
            self._send()

    @override
    def close(self) -> None:
        self._send()
        self._transport.close()

    @override
    def abort(self) -> None:
        self._held, self._size = [], 0
        self._transport.abort()

    @override
    def is_closing(self) -> bool:
        return self._transport.is_closing()

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    @override
    def get_write_buffer_size(self) -> int:
        return self._size + self._transport.get_write_buffer_size()

    @override
    def pause_reading(self) -> None:
        self._transport.pause_reading()

    @override
    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def _send(self) -> None:
        held, self._held, self._size = self._held, [], 0
        if held and not self._transport.is_closing():  # the client may have gone meanwhile
            self._transport.writelines(held)
