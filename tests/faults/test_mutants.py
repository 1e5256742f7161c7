"""The harness finds what is broken on purpose."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.faults import chaos
from tests.faults.cluster import Cluster
from tests.faults.invariants_report import INVARIANTS, LOG_INVARIANTS
from tests.faults.mutants import (
    FOUND_AT_A_STEP,
    FOUND_BY_DELETIONS,
    FOUND_BY_PAGINATION,
    FOUND_BY_RESTARTS,
    FOUND_IN_A_TRIAL,
    MUTANT,
    MUTANTS,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

_SECONDS = 10
_FORGETFUL = {"synchronous_commit": "off"}
_FOUND_IN_CHAOS: Mapping[str, tuple[str, Sequence[str], float]] = {
    "not durable": ("acknowledged is kept", ["crash the database"], _SECONDS),
    "acknowledged before the commit": ("acknowledged is kept", ["terminate the backends"], _SECONDS),
    "key not stored": ("one key, one effect", [], 2),
    "replays the newest": ("one key, one answer", [], _SECONDS),
    "counts past a taken key": ("seqs are dense", [], 2),
    "says it twice": ("nothing unsent", [], 2),
    "newest first": ("reads are contiguous", [], _SECONDS),
    "reads lag": ("reads are recent", [], _SECONDS),
    "failures are defects": ("only 2xx or 503", ["refuse connections"], _SECONDS),
    "does not say when": ("503 says when", ["refuse connections"], _SECONDS),
    "a breaker stays open": ("recovers in time", ["refuse connections"], _SECONDS),
    "a transaction stays open": ("no open transaction", [], 2),
}
"""For each mutant the invariant that it violates, and the faults and the seconds at most in which it does."""


def test_every_invariant_has_a_mutant_and_every_mutant_a_test_that_finds_it() -> None:
    assert {invariant for invariant, _, _ in _FOUND_IN_CHAOS.values()} == {*INVARIANTS}
    assert {complaint for _, complaint in FOUND_IN_A_TRIAL.values()} >= {*LOG_INVARIANTS}
    found = {*FOUND_AT_A_STEP, *FOUND_BY_DELETIONS, *FOUND_BY_PAGINATION, *FOUND_BY_RESTARTS, *FOUND_IN_A_TRIAL}
    assert {*_FOUND_IN_CHAOS, *found} == MUTANTS.keys()


@pytest.mark.parametrize("mutant", _FOUND_IN_CHAOS)
def test_a_broken_promise_is_found(mutant: str, cluster: Cluster, tmp_path: Path) -> None:
    invariant, kinds, seconds = _FOUND_IN_CHAOS[mutant]

    history = chaos.run(
        cluster,
        tmp_path / "service.log",
        seed=1,
        seconds=seconds,
        command=(sys.executable, "-m", "tests.faults.mutants"),
        environment={MUTANT: mutant},
        settings=_FORGETFUL if mutant == "not durable" else {},
        workers=1,
        kinds=kinds,
        awaited=invariant,
    )

    assert history.report.violations[invariant] > 0, history.report
