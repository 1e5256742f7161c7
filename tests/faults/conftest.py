"""Fixtures of the tests under faults."""

from collections.abc import Iterator

import pytest

from tests.faults.cluster import Cluster
from tests.faults.deployment import Deployment, deployed


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster to break; each run has a database of its own on it."""
    with Cluster.on(tmp_path_factory.mktemp("cluster") / "postgres") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A service that lives through outages."""
    with deployed(tmp_path_factory.mktemp("outages")) as deployment:
        yield deployment
