"""Fixtures of the security tests."""

import logging
from collections.abc import Callable, Iterator

import httpx
import msgspec
import pytest

from entrypoints.logs.formats import JsonFormatter
from entrypoints.settings import Settings
from tests.security.chat import Chat
from tests.security.lists import Lists, make_lists
from tests.security.world import World, make_world
from tests.support.service import running_service

_CLIENTS_OWN = ("httpx", "httpcore")
"""Loggers of the tests' own client, which sends the canaries."""


def _text_of(record: logging.LogRecord) -> str:
    lines = logging.Formatter("%(name)s %(message)s").format(record) + JsonFormatter().format(record)
    return lines + repr(record.args) + repr(record.__dict__)


@pytest.fixture(scope="module")
def world(service: str, new_token: Callable[[], str]) -> World:
    """A user with a conversation of three messages."""
    return make_world(service, new_token())


@pytest.fixture(scope="session")
def keyless(settings: Settings) -> Iterator[str]:
    """The address of a service that has no agent keys."""
    with running_service(msgspec.structs.replace(settings, agent_keys=None)) as address:
        yield address


@pytest.fixture
def lists(new_client: Callable[[], httpx.Client]) -> Lists:
    """A user's conversations, of which one is archived, and another user's."""
    return make_lists(new_client)


@pytest.fixture
def chat(client: httpx.Client) -> Chat:
    """A conversation of a new user."""
    return Chat(client)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """All that was logged by anybody but the tests' client, at DEBUG and above."""
    with caplog.at_level(logging.DEBUG):
        yield lambda: "\n".join(
            _text_of(record) for record in caplog.records if not record.name.startswith(_CLIENTS_OWN)
        )
