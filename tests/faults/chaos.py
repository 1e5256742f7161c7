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

from tests.faults.availability_probe import Prober
from tests.faults.cluster import Stage
from tests.faults.history_checker import judge
from tests.faults.operation_history import SECONDS_TO_RECOVER, Ledger
from tests.faults.schedule import Schedule
from tests.faults.service import Service
from tests.faults.workload import Room, Visitor
from tests.support.commands import AI_AGENT
from tests.support.databases import prepare_users
from tests.support.postgres import execute

_VISITORS = 8
_ROOMS_OF_EACH = 2


def run(
    stage: Stage,
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
) -> Ledger:
    """Break things for so many seconds; the ledger says what was promised and what was found.

    ``command`` starts the service, ``settings`` are the database's, ``kinds`` the faults (all of them, if none are
    named). If a violation is ``awaited``, the run ends with it, or else without waiting for what is not acknowledged.
    """
    ledger = Ledger(awaited)
    with stage.new_database() as url:
        for name, value in (settings or {}).items():
            execute(url, f'ALTER DATABASE "{urlsplit(url).path[1:]}" SET {name} = {value}')
        tokens = asyncio.run(prepare_users(url))
        with Service(url, log, command=command, environment=environment, workers=workers) as service:
            rooms = open_rooms(service.address, tokens)
            execute(url, "CHECKPOINT")  # what was prepared is no part of the trial, even if nothing is durable
            schedule = Schedule(Random(seed), stage, service, ledger)  # noqa: S311 - it shall be repeatable
            with visited(service.address, rooms, ledger, seed):
                schedule.run(seconds, schedule.kinds if kinds is None else kinds)
                if awaited is None:
                    ledger.settle()
                    time.sleep(SECONDS_TO_RECOVER + 2)
            judge(url, ledger)
            if awaited is not None:
                service.kill()  # a broken one may not end by itself
    return ledger


@contextmanager
def visited(address: str, rooms: Sequence[Room], ledger: Ledger, seed: int) -> Iterator[None]:
    """Visitors and a prober at work until the end, or until the ledger stops them; they do what they have begun."""
    visitors = [
        Visitor(f"{seed}-{number}", address, rooms, ledger, Random(f"{seed}-{number}"))  # noqa: S311 - as above
        for number in range(_VISITORS)
    ]
    with ThreadPoolExecutor(_VISITORS + 1) as threads:
        running = [threads.submit(Prober(address, rooms[0], ledger).probe)]
        running += [threads.submit(visitor.visit) for visitor in visitors]
        try:
            yield
        finally:
            ledger.stop.set()
    for one in running:
        one.result()


def open_rooms(address: str, tokens: Sequence[str]) -> list[Room]:
    """Conversations to meet in, some for each user."""
    rooms = []
    with httpx.Client(base_url=address, timeout=30) as client:
        for token in tokens:
            for _ in range(_ROOMS_OF_EACH):
                answer = client.post("/api/conversations", json={}, headers={"Authorization": f"Bearer {token}"})
                rooms.append((token, answer.raise_for_status().json()["id"]))
    return rooms
