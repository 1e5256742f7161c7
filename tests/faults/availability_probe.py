"""A prober: asks at short intervals, each time on a new connection, and so finds the moment when all is well again."""

import asyncio
import time

import httpx

from tests.faults.operation_history import Ledger
from tests.faults.workload import Room

_INTERVAL = 0.05
_NO_KEEPING = httpx.Limits(max_connections=None, max_keepalive_connections=0)


class Prober:
    """Reads from one room; a probe that hangs keeps no other one waiting."""

    def __init__(self, address: str, room: Room, ledger: Ledger) -> None:
        self._address = address
        self._token, conversation = room
        self._path = f"/api/conversations/{conversation}/messages?limit=1"
        self._ledger = ledger

    def probe(self) -> None:
        """Probe until the ledger says stop."""
        asyncio.run(self._probe())

    async def _probe(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with (
            httpx.AsyncClient(base_url=self._address, headers=headers, limits=_NO_KEEPING, timeout=12) as client,
            asyncio.TaskGroup() as probes,
        ):
            while not self._ledger.stop.is_set():
                probes.create_task(self._ask(client))
                slept_from = time.monotonic()
                await asyncio.sleep(_INTERVAL)
                self._ledger.held_up(max(0, time.monotonic() - slept_from - _INTERVAL))

    async def _ask(self, client: httpx.AsyncClient) -> None:
        begun = time.monotonic()
        try:
            answer = await client.get(self._path)
        except httpx.TransportError:
            self._ledger.count("probes")
        else:
            self._ledger.probed(begun, answer)
