"""Front ends for the tests."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from entrypoints.settings import Settings
from tests.support.node_packages import NodePackagesError, install_packages
from tests.support.service import running_service
from tests.support.ui_message_client import DIRECTORY, UIChat
from tests.support.word_responder import WordResponder

_HERE = Path(__file__).parent


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install the client's packages before the first test, whose time limit is not made for npm."""
    is_ours = any(item.path.is_relative_to(_HERE) for item in session.items)
    if is_ours and not session.config.option.collectonly:
        with suppress(NodePackagesError):  # the first front end says it again, in its own test
            install_packages(DIRECTORY)


@pytest.fixture(scope="session")
def other_service(settings: Settings) -> Iterator[str]:
    """The address of another host's service on the shared database."""
    with running_service(settings) as address:
        yield address


@pytest.fixture(autouse=True)
def words(words: WordResponder) -> WordResponder:
    """Answer all tests here."""
    return words


@pytest.fixture
def token(client: httpx.Client) -> str:
    """That of the session of the client's user."""
    return client.headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def page(service: str, token: str) -> Iterator[UIChat]:
    """The user's front end."""
    with UIChat(service, token) as page:
        yield page
