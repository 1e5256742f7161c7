"""Chaos: clients write and read while a seeded schedule breaks processes, connections and the database."""

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx

from adapters.better_auth.development import open_session
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.database import Database, PoolSettings
from tests.conftest import prepare
from tests.faults.ledger import SECONDS_TO_RECOVER, Ledger
from tests.faults.proxy import FaultyProxy
from tests.faults.schedule import Schedule
from tests.faults.stage import CrashingDatabase, Service
from tests.faults.verdict import judge
from tests.faults.visitor import Room, Visitor
from tests.integration.test_cli import AI_AGENT
from tests.postgres import execute

_VISITORS = 8
_USERS = 3
_ROOMS_OF_EACH = 2


def run(
    folder: Path,
    *,
    seed: int,
    seconds: float,
    command: Sequence[str] = (str(AI_AGENT),),
    environment: Mapping[str, str] | None = None,
    postgres: Mapping[str, str] | None = None,
    kinds: Sequence[str] | None = None,
) -> Ledger:
    """Break things for so many seconds; the ledger says what was promised and what was found.

    ``command`` starts the service, ``kinds`` are the faults (all of them, if none are named).
    """
    ledger = Ledger()
    with (
        CrashingDatabase(folder / "postgres", postgres or {}) as database,
        FaultyProxy(database.socket) as proxy,
    ):
        tokens = asyncio.run(prepare_users(database.url))
        url = f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres?sslmode=disable"
        with Service(url, folder / "service.log", command=command, environment=environment) as service:
            with visited(service.address, tokens, ledger, seed) as stop:
                execute(database.url, "CHECKPOINT")  # what was prepared is kept, even if nothing is durable
                schedule = Schedule(Random(seed), database, proxy, service, ledger)  # noqa: S311 - it shall be repeatable
                schedule.run(seconds, kinds or schedule.kinds, stop)
                ledger.settle()
                time.sleep(SECONDS_TO_RECOVER + 2)
            judge(database.url, ledger)
    return ledger


@contextmanager
def visited(address: str, tokens: Sequence[str], ledger: Ledger, seed: int) -> Iterator[threading.Event]:
    """Visitors at work until the end, or until the event is set; at the end they have done what they began."""
    rooms = _open_rooms(address, tokens)
    stop = threading.Event()
    with ThreadPoolExecutor(_VISITORS) as threads:
        names = [f"{seed}-{number}" for number in range(_VISITORS)]
        visits = [
            threads.submit(Visitor(name, address, rooms, ledger, Random(name)).visit, stop)  # noqa: S311 - as above
            for name in names
        ]
        try:
            yield stop
        finally:
            stop.set()
    for visit in visits:
        visit.result()


async def prepare_users(url: str) -> list[str]:
    """Make the tables, and sign users in; the tokens of their sessions."""
    await prepare(url)
    async with Database.connect(DatabaseAddress.parse(url), PoolSettings(size=1)) as database:
        return [await open_session(database, f"user-{number}") for number in range(_USERS)]


def _open_rooms(address: str, tokens: Sequence[str]) -> list[Room]:
    rooms = []
    with httpx.Client(base_url=address, timeout=30) as client:
        for token in tokens:
            for _ in range(_ROOMS_OF_EACH):
                answer = client.post("/api/conversations", json={}, headers={"Authorization": f"Bearer {token}"})
                rooms.append((token, answer.raise_for_status().json()["id"]))
    return rooms
