"""Fixtures of the tests under faults."""

from collections.abc import Iterator

import pytest

from tests.faults.stage import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """What can break; each run takes a database of its own on it."""
    with Stage.on(tmp_path_factory.mktemp("stage") / "postgres") as stage:
        yield stage
