"""A balancer: it passes connections on to instances that are ready, as a balancer of TCP does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Final
from urllib.parse import urlsplit

import httpx

from tests.support.waiting import eventually

_SECONDS_BETWEEN_CHECKS: Final = 0.5
_PIECE: Final = 65536


class Balancer:
    """Asks its ``instances`` (addresses) whether they are ready, and gives each connection to the next that is."""

    def __init__(self, *instances: str) -> None:
        self.instances = [*instances]
        self._ready: list[str] = []
        self._turns = count()

    def await_ready(self, instance: str) -> None:
        """Wait, in another thread, until it has found the instance ready."""
        assert eventually(lambda: instance in self._ready, 40)

    async def check(self, client: httpx.AsyncClient) -> None:
        """Ask all instances."""
        asked = [*self.instances]
        answers = await asyncio.gather(*(_is_ready(client, instance) for instance in asked))
        self._ready = [instance for instance, is_ready in zip(asked, answers, strict=True) if is_ready]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on; it is closed if the instance refuses it, or if none is ready."""
        try:
            place = urlsplit(self._ready[next(self._turns) % len(self._ready)])
            its_reader, its_writer = await asyncio.open_connection(place.hostname, place.port)
        except (OSError, ZeroDivisionError):
            writer.close()
            return
        await asyncio.gather(_pass(reader, its_writer), _pass(its_reader, writer))


@asynccontextmanager
async def balancing(balancer: Balancer) -> AsyncIterator[str]:
    """The address of the balancer, which has found out who is ready."""
    async with httpx.AsyncClient(timeout=10) as client, asyncio.TaskGroup() as tasks:
        await balancer.check(client)
        checking = tasks.create_task(_check_for_ever(balancer, client))
        server = await asyncio.start_server(balancer.serve, "127.0.0.1", 0)
        try:
            yield "http://{}:{}".format(*server.sockets[0].getsockname())
        finally:
            checking.cancel()
            server.close()


async def _check_for_ever(balancer: Balancer, client: httpx.AsyncClient) -> None:
    while True:
        await asyncio.sleep(_SECONDS_BETWEEN_CHECKS)
        await balancer.check(client)


async def _is_ready(client: httpx.AsyncClient, instance: str) -> bool:
    with suppress(httpx.TransportError):
        return (await client.get(f"{instance}/health/ready")).is_success
    return False


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(OSError):
            while data := await reader.read(_PIECE):
                writer.write(data)
                await writer.drain()
    finally:
        writer.close()
