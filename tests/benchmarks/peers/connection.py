"""A connection: HTTP/1.1 over a socket that is kept, as little as a client can cost."""

import asyncio
import time
from typing import Final

_MAX_IDLE: Final = 1.0
"""Seconds; uvicorn hangs up after five, perhaps just as a request is sent."""


class Connection:
    """One request at a time; after a pause it connects anew."""

    def __init__(self, port: int, token: str | None) -> None:
        self._port = port
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        self._headers = f"Host: 127.0.0.1\r\nContent-Type: application/json\r\n{authorization}"
        self._used = 0.0
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The answer's body; a status other than 200 or 201 is an error."""
        reader, writer = await self._connected()
        head = f"{method} {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("\r\ncontent-length:")[2].partition("\r\n")[0])
        answer = await reader.readexactly(length)
        self._used = time.monotonic()
        if head.split()[1] not in ("200", "201"):
            raise AssertionError(f"{method} {path}: {head}{answer!r}")
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._ends is not None:
            self._ends[1].close()
            self._ends = None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if time.monotonic() - self._used > _MAX_IDLE:
            self.close()
        if self._ends is None:
            self._ends = await asyncio.open_connection("127.0.0.1", self._port)
        return self._ends
