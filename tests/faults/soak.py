"""Soak: rounds of chaos, each with the next seed on its own cluster, until the time is over or a promise is broken.

``python -m tests.faults.soak`` reads SOAK_SECONDS, SOAK_ROUND_SECONDS and FAULTS_SEED. What a round keeps in memory and
on the disk goes with it; only its figures stay.
"""

import os
import secrets
import sys
import time
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults import chaos
from tests.faults.cluster import Cluster
from tests.faults.invariants_report import InvariantsReport

_SECONDS = float(os.environ.get("SOAK_SECONDS", "28800"))
_ROUND_SECONDS = float(os.environ.get("SOAK_ROUND_SECONDS", "600"))


def soak() -> int:
    """Run; the exit status is 1 when a promise was broken."""
    total = InvariantsReport()
    end = time.monotonic() + _SECONDS
    for seed in count(int(os.environ.get("FAULTS_SEED") or secrets.randbelow(10**6))):
        seconds = min(_ROUND_SECONDS, end - time.monotonic())
        if seconds <= 0:
            break
        total.add(_round(seed, seconds))
        _say(f"until FAULTS_SEED={seed}\n{total}\n")
        if total.violations:
            _say(
                f"To repeat the round: FAULTS_SEED={seed} FAULTS_SECONDS={seconds:.0f} make faults ARGS='-k test_chaos'"
            )
            return 1
    return 0


def _round(seed: int, seconds: float) -> InvariantsReport:
    with TemporaryDirectory() as folder, Cluster.on(Path(folder) / "postgres") as cluster:
        return chaos.run(cluster, Path(folder) / "service.log", seed=seed, seconds=seconds).report


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the figures, as they come


if __name__ == "__main__":
    sys.exit(soak())
