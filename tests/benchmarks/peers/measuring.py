"""Measuring: the contestants take turns, round after round, so that what disturbs the machine disturbs them alike."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Final

from tests.benchmarks.peers.work import CASES, Case, Contestant
from tests.support.counting_proxy import CountingProxy

ROUNDS: Final = 7
_WARMING_UP: Final = 3
_COUNTED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One case, done once by one contestant; all times in seconds."""

    latencies: Sequence[float]
    elapsed: float
    cpu: float
    database_cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the rounds of one case come to for one contestant: medians of the rounds, and CPU per operation."""

    rates: Sequence[float]
    p50: float
    p99: float
    cpu: float
    database_cpu: float

    @classmethod
    def of(cls, rounds: Sequence[Round]) -> "Figures":
        """The figures of these rounds."""
        operations = sum(len(each.latencies) for each in rounds)
        percentiles = [quantiles(each.latencies, n=100, method="inclusive") for each in rounds]
        return cls(
            rates=[len(each.latencies) / each.elapsed for each in rounds],
            p50=median(each[49] for each in percentiles),
            p99=median(each[98] for each in percentiles),
            cpu=sum(each.cpu for each in rounds) / operations,
            database_cpu=sum(each.database_cpu for each in rounds) / operations,
        )


async def measure(
    case: Case, contestants: Sequence[Contestant], database_cpu: Callable[[], float]
) -> Mapping[str, Figures]:
    """Every contestant's figures; the first turn of each is not counted, and whoever began is last in the next."""
    rounds: dict[str, list[Round]] = {each.name: [] for each in contestants}
    for number in range(1 + ROUNDS):
        for contestant in contestants if number % 2 else reversed(contestants):
            done = await _take_turn(case, contestant, database_cpu)
            if number:
                rounds[contestant.name].append(done)
    return {name: Figures.of(each) for name, each in rounds.items()}


async def _take_turn(case: Case, contestant: Contestant, database_cpu: Callable[[], float]) -> Round:
    latencies: list[float] = []

    async def work(conversation: int) -> None:
        for _ in range(case.repeats):
            begun = time.perf_counter()
            await case.do(contestant, conversation)
            latencies.append(time.perf_counter() - begun)

    database_before, before, begun = database_cpu(), contestant.cpu(), time.perf_counter()
    async with asyncio.TaskGroup() as workers:
        for conversation in case.conversations:
            workers.create_task(work(conversation))
    elapsed, after, database_after = time.perf_counter() - begun, contestant.cpu(), database_cpu()
    return Round(
        latencies=latencies, elapsed=elapsed, cpu=after - before, database_cpu=database_after - database_before
    )


async def count_round_trips(contestant: Contestant, proxy: CountingProxy) -> Mapping[str, float]:
    """To the database, for one operation of each case that one worker does alone."""
    counts: dict[str, float] = {}
    for case in CASES:
        if case.workers == 1:
            for _ in range(_WARMING_UP):
                await case.do(contestant, 0)
            proxy.reset()
            for _ in range(_COUNTED):
                await case.do(contestant, 0)
            counts[case.name] = proxy.round_trips / _COUNTED
    return counts
