"""The harness finds what is broken on purpose."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.faults import chaos
from tests.faults.mutants import MUTANT, MUTANTS

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

_FORGETFUL = {"synchronous_commit": "off", "wal_writer_delay": "10s"}
_FINDS: Mapping[str, tuple[str, Sequence[str], Mapping[str, str]]] = {
    "not durable": ("acknowledged is kept", ["crash the database"], _FORGETFUL),
    "key not stored": ("one key, one effect", ["reset the connections"], {}),
    "acknowledged before the commit": ("acknowledged is kept", ["kill a worker", "terminate the backends"], {}),
}
"""For each mutant the invariant that it violates, and the faults and settings of PostgreSQL under which it does."""


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_broken_promise_is_found(mutant: str, tmp_path: Path) -> None:
    invariant, kinds, postgres = _FINDS[mutant]

    ledger = chaos.run(
        tmp_path,
        seed=1,
        seconds=5,
        command=(sys.executable, "-m", "tests.faults.mutants"),
        environment={MUTANT: mutant},
        postgres=postgres,
        kinds=kinds,
    )

    assert ledger.violations[invariant] > 0, ledger.sheet()
