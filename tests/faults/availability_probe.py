"""A probe of availability: it asks at short intervals, and so finds the moment when requests succeed again."""

import asyncio
import time

import httpx

from tests.faults.operation_history import OperationHistory
from tests.faults.workload import OwnedConversation

_INTERVAL = 0.05
_NO_KEEPING = httpx.Limits(max_connections=None, max_keepalive_connections=0)


class AvailabilityProbe:
    """Reads one conversation, on a new connection each time; a request that hangs keeps no other one waiting."""

    def __init__(self, address: str, conversation: OwnedConversation, history: OperationHistory) -> None:
        self._address = address
        self._token, conversation_id = conversation
        self._path = f"/api/conversations/{conversation_id}/messages?limit=1"
        self._history = history

    def run(self) -> None:
        """Probe until the history says stop."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with (
            httpx.AsyncClient(base_url=self._address, headers=headers, limits=_NO_KEEPING, timeout=12) as client,
            asyncio.TaskGroup() as probes,
        ):
            while not self._history.stop.is_set():
                probes.create_task(self._ask(client))
                slept_from = time.monotonic()
                await asyncio.sleep(_INTERVAL)
                self._history.held_up(max(0, time.monotonic() - slept_from - _INTERVAL))

    async def _ask(self, client: httpx.AsyncClient) -> None:
        begun = time.monotonic()
        try:
            answer = await client.get(self._path)
        except httpx.TransportError:
            self._history.count("probes")
        else:
            self._history.probed(begun, answer)
