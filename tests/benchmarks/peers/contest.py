"""The contest: two contestants on one durable PostgreSQL, each with a database of its own."""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path

from adapters.embedded_postgres.server import EmbeddedPostgres
from tests.benchmarks.peers.measuring import count_round_trips, measure
from tests.benchmarks.peers.report import render, render_round_trips
from tests.benchmarks.peers.work import CASES, PAGE, Contestant, seed
from tests.benchmarks.processes import cpu_seconds
from tests.support.counting_proxy import counting_proxy
from tests.support.databases import prepare
from tests.support.postgres import execute, new_database

type Opening = Callable[[str], AbstractAsyncContextManager[Contestant]]

_ITEMS = 1000
"""In each conversation, to begin with."""


def compete(ours: Opening, theirs: Opening) -> None:
    """Measure both, and print what came of it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(EmbeddedPostgres(folder / "postgres", settings={"max_connections": "100"}))
        postmaster = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        own, foreign = (stack.enter_context(new_database(server.url)) for _ in range(2))
        asyncio.run(prepare(own))
        counts = dict(_round_trips(each, url) for each, url in ((ours, own), (theirs, foreign)))
        _say(render_round_trips(counts))
        asyncio.run(_measure({own: ours, foreign: theirs}, partial(cpu_seconds, postmaster)))


def _round_trips(opening: Opening, url: str) -> tuple[str, Mapping[str, float]]:
    async def count(through: str) -> tuple[str, Mapping[str, float]]:
        async with opening(through) as contestant:
            await seed(contestant, 2 * PAGE)
            return contestant.name, await count_round_trips(contestant, proxy)

    with tempfile.TemporaryDirectory() as folder, counting_proxy(url, Path(folder)) as (through, proxy):
        return asyncio.run(count(through))


async def _measure(openings: Mapping[str, Opening], database_cpu: Callable[[], float]) -> None:
    async with AsyncExitStack() as stack:
        contestants = [await stack.enter_async_context(opening(url)) for url, opening in openings.items()]
        for contestant in contestants:
            await seed(contestant, _ITEMS)
        for url in openings:
            await asyncio.to_thread(execute, url, "VACUUM ANALYZE")
        for case in CASES:
            _say(render(case.name, await measure(case, contestants, database_cpu)))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n\n")
    sys.stdout.flush()
