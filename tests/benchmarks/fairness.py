"""Fairness: how long one user waits while another one asks at full speed."""

from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import median
from typing import Final, Self

import msgspec

from tests.benchmarks.apps import APPS, App, RunningApp
from tests.benchmarks.dataset import SMALL
from tests.benchmarks.job import Job, Outcome, drive

ALONE: Final = "alone"
_AT_ANOTHER: Final = "the other one at another worker"
_WITHOUT: Final = "without limits"
_WITH: Final = "with the default limits, once the other's bucket is empty"
_PER_SECOND: Final = 50
"""What the one user asks for."""
_CONNECTIONS: Final = 16
"""Of the other one, each with a request under way at all times."""
_HELD: Final = 1_000.0
"""After how many ms a request is refused."""

_SERVICE: Final = APPS["service"]
LIMITED: Final = replace(
    _SERVICE,
    environment={name: value for name, value in _SERVICE.environment.items() if not name.startswith("LIMIT_")},
)
FAIR_APPS: Final[Mapping[str, App]] = {_AT_ANOTHER: _SERVICE, _WITHOUT: _SERVICE, _WITH: LIMITED}
"""By what is measured, where the other one asks; where it is another worker, both share database and machine alone."""


class Fairness(msgspec.Struct, frozen=True, kw_only=True):
    """The one user's latencies in ms, and how many requests a second the other one sent."""

    p50: float
    p99: float
    others_rate: float = 0

    @classmethod
    def of(cls, samples: list[Self]) -> "Fairness":
        """Of each figure the median."""
        return Fairness(**{name: median(getattr(one, name) for one in samples) for name in cls.__struct_fields__})


def measure_fairness(apps: Mapping[str, RunningApp], *, rounds: int, seconds: float) -> dict[str, Fairness]:
    """Append for one user at a constant rate, alone and beside another one, in turn."""
    one, other, *_ = apps[_WITHOUT].requests("append", SMALL)
    alone = Job(port=apps[_WITHOUT].port, requests=[one], connections=8, seconds=seconds, rate=_PER_SECOND)
    floods = {
        name: Job(port=app.port, requests=[other], connections=_CONNECTIONS, seconds=seconds + 1, may_be_refused=True)
        for name, app in apps.items()
    }
    for name in floods:
        drive(msgspec.structs.replace(_asked(alone, apps, name), seconds=1))
    samples = defaultdict(list)
    for _ in range(rounds):
        samples[ALONE].append(_fairness_of(drive(alone)))
        for name, flood in floods.items():
            if name == _WITH:
                _use_up(flood)
            with ThreadPoolExecutor(1) as pool:
                others = pool.submit(drive, flood)
                beside = drive(_asked(alone, apps, name))
                samples[name].append(_fairness_of(beside, others.result()))
    return {name: Fairness.of(found) for name, found in samples.items()}


def _asked(job: Job, apps: Mapping[str, RunningApp], name: str) -> Job:
    """The one user's requests, to the app that is measured under this name."""
    return msgspec.structs.replace(job, port=apps[_WITHOUT if name == _AT_ANOTHER else name].port)


def _use_up(flood: Job) -> None:
    """Ask until something is refused: what a user may ask for at once is used up."""
    while drive(flood).slowest < _HELD:
        pass


def _fairness_of(outcome: Outcome, others: Outcome | None = None) -> Fairness:
    return Fairness(p50=outcome.p50, p99=outcome.p99, others_rate=others.rate if others else 0)
