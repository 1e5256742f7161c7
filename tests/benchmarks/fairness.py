"""Fairness: how long one user waits while another one asks at full speed."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import median
from typing import Final

import msgspec

from tests.benchmarks.apps import APPS, App, RunningApp
from tests.benchmarks.dataset import Dataset
from tests.benchmarks.job import Job, drive

_PER_SECOND: Final = 50
"""What the one user asks for."""
_CONNECTIONS: Final = 16
"""Of the other one, each with a request under way at all times."""
_BEYOND_ANY_BURST: Final = 7_000

_SERVICE: Final = APPS["service"]
FAIR_APPS: Final[Mapping[str, App]] = {
    "no limits": _SERVICE,
    "the default limits": replace(
        _SERVICE,
        environment={name: value for name, value in _SERVICE.environment.items() if not name.startswith("LIMIT_")},
    ),
}


class Fairness(msgspec.Struct, frozen=True, kw_only=True):
    """The one user's latencies in ms, alone and beside the other one, and how many requests a second that one sent."""

    idle_p50: float
    idle_p99: float
    beside_p50: float
    beside_p99: float
    others_rate: float


def measure_fairness(app: RunningApp, dataset: Dataset, *, rounds: int, seconds: float) -> Fairness:
    """Append for one user at a constant rate, alone and beside another one in turn; of each figure the median."""
    one, other, *_ = app.requests("append", dataset)
    polite = Job(port=app.port, requests=[one], connections=8, seconds=seconds, rate=_PER_SECOND)
    rude = Job(port=app.port, requests=[other], connections=_CONNECTIONS, may_be_refused=True)
    drive(msgspec.structs.replace(polite, seconds=1))
    drive(msgspec.structs.replace(rude, count=_BEYOND_ANY_BURST))
    samples = []
    for _ in range(rounds):
        alone = drive(polite)
        drive(msgspec.structs.replace(rude, seconds=seconds / 2))  # what its limit lets it ask for at once is used up
        with ThreadPoolExecutor(1) as pool:
            flood = pool.submit(drive, msgspec.structs.replace(rude, seconds=seconds + 2))
            beside = drive(polite)
            others = flood.result()
        samples.append(
            Fairness(
                idle_p50=alone.p50,
                idle_p99=alone.p99,
                beside_p50=beside.p50,
                beside_p99=beside.p99,
                others_rate=others.rate,
            )
        )
    return Fairness(**{name: median(getattr(one, name) for one in samples) for name in Fairness.__struct_fields__})
