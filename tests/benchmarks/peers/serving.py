"""Serving: a service as a real process, reached over HTTP, that its benchmark ends."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, override

from tests.benchmarks.peers.connection import Connection
from tests.benchmarks.peers.work import WORKERS, Contestant
from tests.benchmarks.processes import cpu_seconds

_SECONDS_TO_START = 60


class Served(Contestant):
    """A contestant behind HTTP; a worker takes a connection that is free."""

    conversations_path: ClassVar[str]
    items_path: ClassVar[str]
    """Of a conversation, after its id."""
    newest_query: ClassVar[str]

    def __init__(self, pid: int, connections: Sequence[Connection]) -> None:
        self._pid = pid
        self._free = list(connections)
        self._conversations: list[str] = []

    def body(self, texts: Sequence[str]) -> Any:
        """What appends a user's messages."""
        raise NotImplementedError

    @override
    def cpu(self) -> float:
        return cpu_seconds(self._pid)

    @override
    async def create(self) -> None:
        created = json.loads(await self._request("POST", self.conversations_path, b"{}"))
        self._conversations.append(f"{self.conversations_path}/{created['id']}{self.items_path}")

    @override
    async def append(self, conversation: int, texts: Sequence[str]) -> None:
        await self._request("POST", self._conversations[conversation], json.dumps(self.body(texts)).encode())

    @override
    async def newest(self, conversation: int, limit: int) -> int:
        path = f"{self._conversations[conversation]}?limit={limit}{self.newest_query}"
        return (await self._request("GET", path)).count(b'"role":')

    async def _request(self, method: str, path: str, body: bytes = b"") -> bytes:
        connection = self._free.pop()
        answer = await connection.request(method, path, body)
        self._free.append(connection)
        return answer


@asynccontextmanager
async def served(
    contestant: type[Served],
    command: Sequence[str],
    port: int,
    *,
    environment: Mapping[str, str],
    token: str | None = None,
) -> AsyncIterator[Served]:
    """Start it, and wait until it listens; what it says goes to our stderr."""
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=sys.stderr)
    connections = [Connection(port, token) for _ in range(WORKERS)]
    try:
        async with asyncio.timeout(_SECONDS_TO_START):
            while not await _listens(port):
                if process.returncode is not None:
                    raise AssertionError(f"{contestant.name} did not start")
                await asyncio.sleep(0.1)
        yield contestant(process.pid, connections)
    finally:
        for connection in connections:
            connection.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    return True
