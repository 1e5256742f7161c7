"""Chaos: clients write and read while a seeded schedule breaks processes, connections and the database."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import httpx

from tests.faults.availability_probe import AvailabilityProbe
from tests.faults.cluster import Cluster
from tests.faults.history_checker import check_history
from tests.faults.operation_history import SECONDS_TO_SETTLE, OperationHistory
from tests.faults.schedule import Schedule
from tests.faults.service import Service
from tests.faults.workload import OwnedConversation, WorkloadClient
from tests.support.commands import AI_AGENT
from tests.support.databases import prepare_users
from tests.support.postgres import execute

_CLIENTS = 8
_CONVERSATIONS_OF_EACH = 2


def run(
    cluster: Cluster,
    log: Path,
    *,
    seed: int,
    seconds: float,
    command: Sequence[str] = (str(AI_AGENT),),
    environment: Mapping[str, str] | None = None,
    workers: int = 2,
    settings: Mapping[str, str] | None = None,
    kinds: Sequence[str] | None = None,
    awaited: str | None = None,
) -> OperationHistory:
    """Break things for so many seconds; the history says what was promised and what was found.

    ``command`` starts the service, ``settings`` are the database's, ``kinds`` the faults (all of them, if none are
    named). If a violation is ``awaited``, the run ends with it, or else without waiting for what is not acknowledged.
    """
    history = OperationHistory(awaited)
    with cluster.new_database() as url:
        for name, value in (settings or {}).items():
            execute(url, f'ALTER DATABASE "{urlsplit(url).path[1:]}" SET {name} = {value}')
        tokens = asyncio.run(prepare_users(url))
        with Service(url, log, command=command, environment=environment, workers=workers) as service:
            conversations = open_conversations(service.address, tokens)
            execute(url, "CHECKPOINT")  # what was prepared is no part of the trial, even if nothing is durable
            schedule = Schedule(Random(seed), cluster, service, history)  # noqa: S311 - it shall be repeatable
            with under_load(service.address, conversations, history, seed):
                schedule.run(seconds, schedule.kinds if kinds is None else kinds)
                if awaited is None:
                    history.settle()
                    time.sleep(SECONDS_TO_SETTLE + 2)
            check_history(url, history)
            if awaited is not None:
                service.kill()  # a broken one may not end by itself
    return history


@contextmanager
def under_load(
    address: str, conversations: Sequence[OwnedConversation], history: OperationHistory, seed: int
) -> Iterator[None]:
    """Clients and a probe at work until the end, or until the history stops them; they finish what they have begun."""
    clients = [
        WorkloadClient(f"{seed}-{number}", address, conversations, history, Random(f"{seed}-{number}"))  # noqa: S311 - as above
        for number in range(_CLIENTS)
    ]
    with ThreadPoolExecutor(_CLIENTS + 1) as threads:
        running = [threads.submit(AvailabilityProbe(address, conversations[0], history).run)]
        running += [threads.submit(client.run) for client in clients]
        try:
            yield
        finally:
            history.stop.set()
    for one in running:
        one.result()


def open_conversations(address: str, tokens: Sequence[str]) -> list[OwnedConversation]:
    """Conversations to write to, some for each user; every client writes to all of them."""
    conversations = []
    with httpx.Client(base_url=address, timeout=30) as client:
        for token in tokens:
            for _ in range(_CONVERSATIONS_OF_EACH):
                answer = client.post("/api/conversations", json={}, headers={"Authorization": f"Bearer {token}"})
                conversations.append((token, answer.raise_for_status().json()["id"]))
    return conversations
