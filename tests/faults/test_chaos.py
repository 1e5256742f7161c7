"""The promises hold while everything that can break breaks."""

import os
import secrets
from pathlib import Path

import pytest

from tests.faults import chaos
from tests.faults.cluster import Cluster

pytestmark = pytest.mark.faults

_SECONDS = float(os.environ.get("FAULTS_SECONDS", "60"))


@pytest.mark.timeout(_SECONDS + 120)
def test_nothing_acknowledged_is_lost_doubled_or_out_of_order(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("FAULTS_SEED") or secrets.randbelow(10**6))
    with capsys.disabled():
        print(f"\nFAULTS_SEED={seed} FAULTS_SECONDS={_SECONDS:.0f}")  # noqa: T201 - how to do it again

        history = chaos.run(cluster, tmp_path / "service.log", seed=seed, seconds=_SECONDS)

        print(history.report)  # noqa: T201 - the figures
    assert history.report.violations.total() == 0, history.report
    assert len(history.answers) == len(history.operations) > 100
    assert history.report.figures["replays"] > 0
