"""Chaos amid replies that take a while: clients chat, leave, stop, delete and follow while everything breaks."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import httpx

from tests.faults.availability_probe import AvailabilityProbe
from tests.faults.chaos import open_conversations
from tests.faults.cluster import Cluster
from tests.faults.operation_history import SECONDS_TO_SETTLE
from tests.faults.reply_client import ReplyClient
from tests.faults.reply_history import ReplyHistory
from tests.faults.reply_history_checker import check_reply_history
from tests.faults.schedule import Schedule
from tests.faults.service import Service
from tests.support.databases import prepare_users

_CLIENTS = 50
_ENVIRONMENT = {
    "ECHO_DELAY": "0.15",
    "DATABASE_POOL_SIZE": "10",
    "DATABASE_ACQUIRE_TIMEOUT": "2",
    "DATABASE_COMMAND_TIMEOUT": "2",
}
"""All that is said and followed passes through the test's own process: it shall be busy, and not be what fails."""
_LEASE_AND_MORE = 3.0


def run(cluster: Cluster, log: Path, *, seed: int, seconds: float) -> ReplyHistory:
    """Break things for so many seconds; the history says what was promised and what was found."""
    history = ReplyHistory()
    with cluster.new_database() as url:
        tokens = asyncio.run(prepare_users(url))
        with Service(url, log, environment=_ENVIRONMENT) as service:
            probed = open_conversations(service.address, tokens)[0]
            schedule = Schedule(Random(seed), cluster, service, history, freeze=_LEASE_AND_MORE)  # noqa: S311 - it shall be repeatable
            with ThreadPoolExecutor(2) as threads:
                probe = AvailabilityProbe(service.address, probed, history)
                running = [
                    threads.submit(probe.run),
                    threads.submit(lambda: asyncio.run(_take_turns(service.address, tokens, history, seed))),
                ]
                try:
                    schedule.run(seconds, schedule.kinds)
                    history.settle()
                    time.sleep(SECONDS_TO_SETTLE + 2)
                finally:
                    history.stop.set()
            for one in running:
                one.result()
            time.sleep(SECONDS_TO_SETTLE)  # for replies that nobody waits for
            check_reply_history(url, history)
    return history


async def _take_turns(address: str, tokens: Sequence[str], history: ReplyHistory, seed: int) -> None:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=12, limits=limits) as http, asyncio.TaskGroup() as clients:
        for number in range(_CLIENTS):
            name = f"{seed}-{number}"
            client = ReplyClient(name, tokens[number % len(tokens)], http, history, Random(name))  # noqa: S311 - as above
            clients.create_task(client.run())
