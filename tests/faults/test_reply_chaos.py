"""A reply that takes a while keeps its promises while everything that can break breaks."""

import os
import secrets
from pathlib import Path

import pytest

from tests.faults import reply_chaos
from tests.faults.cluster import Cluster

pytestmark = pytest.mark.faults

_SECONDS = float(os.environ.get("FAULTS_SECONDS", "60")) / 2


@pytest.mark.timeout(_SECONDS + 180)
def test_every_turn_gets_one_reply_which_ends_once(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("FAULTS_SEED") or secrets.randbelow(10**6))
    with capsys.disabled():
        print(f"\nFAULTS_SEED={seed} FAULTS_SECONDS={2 * _SECONDS:.0f}")  # noqa: T201 - how to do it again

        history = reply_chaos.run(cluster, tmp_path / "service.log", seed=seed, seconds=_SECONDS)

        print(history.report)  # noqa: T201 - the figures
    assert history.report.violations.total() == 0, history.report
    assert history.answers.keys() >= history.operations.keys()
    assert len(history.answers) > 50
    assert min(history.report.figures[figure] for figure in ("left", "stops", "deletions", "replies followed")) > 0
