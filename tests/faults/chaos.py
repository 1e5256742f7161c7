"""Chaos: clients write and read while a seeded schedule breaks processes, connections and the database."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
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
from tests.faults.service import Service
from tests.faults.stage import CrashingDatabase
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
        tokens = asyncio.run(_prepare(database.url))
        url = f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres?sslmode=disable"
        with Service(url, folder / "service.log", command=command, environment=environment) as service:
            rooms = _open_rooms(service.address, tokens)
            execute(database.url, "CHECKPOINT")  # what was prepared is no part of the trial, even if nothing is durable
            schedule = Schedule(Random(seed), database, proxy, service, ledger)  # noqa: S311 - it shall be repeatable
            stop = threading.Event()
            with ThreadPoolExecutor(_VISITORS) as threads:
                visits = [
                    threads.submit(
                        Visitor(f"{seed}-{number}", service.address, rooms, ledger, Random(f"{seed}-{number}")).visit,  # noqa: S311 - as above
                        stop,
                    )
                    for number in range(_VISITORS)
                ]
                try:
                    schedule.run(seconds, kinds or schedule.kinds, stop)
                    ledger.settle()
                    time.sleep(SECONDS_TO_RECOVER + 2)
                finally:
                    stop.set()
            for visit in visits:
                visit.result()
            judge(database.url, ledger)
    return ledger


async def _prepare(url: str) -> list[str]:
    await prepare(url)
    async with _connected(url) as database:
        return [await open_session(database, f"user-{number}") for number in range(_USERS)]


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Database]:
    async with Database.connect(DatabaseAddress.parse(url), PoolSettings(size=1)) as database:
        yield database


def _open_rooms(address: str, tokens: Sequence[str]) -> list[Room]:
    rooms = []
    with httpx.Client(base_url=address, timeout=30) as client:
        for token in tokens:
            for _ in range(_ROOMS_OF_EACH):
                answer = client.post("/api/conversations", json={}, headers={"Authorization": f"Bearer {token}"})
                rooms.append((token, answer.raise_for_status().json()["id"]))
    return rooms
