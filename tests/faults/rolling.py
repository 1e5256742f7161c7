"""Rolling restarts under load: steady clients go on while instances, or workers, are replaced one after another."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.faults.steady_client import SteadyClient
from tests.support.postgres import execute

CLIENTS = 6
_MESSAGES = "SELECT content FROM messages"
_UNFINISHED = "SELECT seq, status FROM messages WHERE status <> 'completed'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the clients saw."""

    requests: int
    failures: Sequence[str]
    acknowledged: Sequence[str]

    def violations(self, database_url: str) -> list[str]:
        """Failed requests, acknowledged messages that are not in the database once, and replies that are not whole."""
        kept = Counter(row["content"] for row in execute(database_url, _MESSAGES))
        lost = [f"{text} is kept {kept[_json(text)]} times" for text in self.acknowledged if kept[_json(text)] != 1]
        unfinished = [f"{row['seq']} is {row['status']}" for row in execute(database_url, _UNFINISHED)]
        return [*self.failures, *lost, *unfinished]


async def under_steady_load(address: str, tokens: Sequence[str], restart: Callable[[], None]) -> Outcome:
    """Restart, in another thread, while clients take their turns."""
    clients = [SteadyClient(f"client{number}", token, address) for number, token in enumerate(tokens)]
    await asyncio.gather(*(client.open() for client in clients))
    running = [asyncio.create_task(client.run()) for client in clients]
    try:
        await asyncio.to_thread(restart)
    finally:
        for client in clients:
            client.is_stopped = True
        await asyncio.gather(*running)
    return Outcome(
        requests=sum(client.count for client in clients),
        failures=[failure for client in clients for failure in client.failures],
        acknowledged=[text for client in clients for text in client.acknowledged],
    )


def _json(text: str) -> str:
    return f'"{text}"'
