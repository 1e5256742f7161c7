"""Worlds for the tests, each made when a test first asks for it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.better_auth.world import World, running_world
from tests.support.better_auth_server import DIRECTORY
from tests.support.node_packages import NodePackagesError, install_packages

_HERE = Path(__file__).parent


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install the server's packages before the first test, whose time limit is not made for npm."""
    is_ours = any(item.path.is_relative_to(_HERE) for item in session.items)
    if is_ours and not session.config.option.collectonly:
        with suppress(NodePackagesError):  # the first world says it again, in its own test
            install_packages(DIRECTORY)


@pytest.fixture(scope="session")
def http_world(server_url: str) -> Iterator[World]:
    """The frontend is at an http address."""
    with running_world(server_url, "http://app.local.test") as world:
        yield world


@pytest.fixture(scope="session")
def https_world(server_url: str) -> Iterator[World]:
    """The frontend is at an https address: the session cookie's name begins with ``__Secure-``."""
    with running_world(server_url, "https://app.local.test") as world:
        yield world


@pytest.fixture(scope="session")
def signed_world(server_url: str) -> Iterator[World]:
    """Both servers take signed bearers only."""
    with running_world(server_url, "https://app.local.test", require_signature=True) as world:
        yield world


@pytest.fixture(scope="session", params=["http", "https"])
def world(request: pytest.FixtureRequest) -> World:
    """Each world in which raw bearers are accepted."""
    found: World = request.getfixturevalue(f"{request.param}_world")
    return found
