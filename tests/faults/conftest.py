"""Fixtures of the tests under faults."""

from collections.abc import Iterator

import pytest

from tests.faults.cluster import Stage
from tests.faults.deployment import Scene, hurried_service


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """What can break; each run takes a database of its own on it."""
    with Stage.on(tmp_path_factory.mktemp("stage") / "postgres") as stage:
        yield stage


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A service that lives through outages."""
    with hurried_service(tmp_path_factory.mktemp("outages")) as scene:
        yield scene
