"""Fixtures for all tests."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from adapters.echo.responder import EchoResponder
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.database import Database, PoolSettings
from entrypoints.logs.handler import DroppingHandler
from entrypoints.logs.requests import WAY
from entrypoints.settings import Settings
from tests.support import postgres
from tests.support.databases import prepare, sign_in
from tests.support.service import AGENT_KEY, running_service, settings_for
from tests.support.word_responder import WordResponder

pytest.register_assert_rewrite("tests.security", "tests.support.transport")


def pytest_report_header() -> str:
    """Say which PostgreSQL is used."""
    return f"PostgreSQL: {postgres.source()}"


@pytest.fixture(autouse=True)
def log_of_its_own() -> Iterator[None]:
    """What a command has set up in this process for its log ends with its test."""
    yield
    WAY.take = None
    for handler in logging.getLogger().handlers[:]:
        if isinstance(handler, DroppingHandler):
            logging.getLogger().removeHandler(handler)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the service does."""
    return "asyncio"


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server where databases may be created."""
    with postgres.postgres_server(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """An empty database for one test."""
    with postgres.new_database(server_url) as url:
        yield url


@pytest.fixture(scope="session")
def database_url(server_url: str) -> Iterator[str]:
    """A migrated database with better-auth's tables, shared by all tests: each takes owners of its own."""
    with postgres.new_database(server_url) as url:
        asyncio.run(prepare(url))
        yield url


@pytest.fixture
def named_address(database_url: str) -> DatabaseAddress:
    """The shared database, under a name by which a test's connections are found."""
    joint = "&" if "?" in database_url else "?"
    return DatabaseAddress.parse(f"{database_url}{joint}application_name=ai-agent-pool-test")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The shared database, on a pool of the test's own."""
    async with Database.connect(DatabaseAddress.parse(database_url), PoolSettings(size=5)) as database:
        yield database


@pytest.fixture(scope="session")
def settings(database_url: str) -> Settings:
    """Settings for the shared database."""
    return settings_for(database_url)


@pytest.fixture(scope="session")
def service(settings: Settings) -> Iterator[str]:
    """The address of the service on the shared database."""
    with running_service(settings) as address:
        yield address


@pytest.fixture(scope="session")
def new_token(database_url: str) -> Callable[[], str]:
    """Signs a new user in; the token of the session."""
    return lambda: asyncio.run(sign_in(database_url))


@pytest.fixture
def new_client(service: str, new_token: Callable[[], str]) -> Iterator[Callable[[], httpx.Client]]:
    """Makes HTTP clients, each of a new user."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(
            httpx.Client(base_url=service, headers={"Authorization": f"Bearer {new_token()}"}, timeout=30)
        )


@pytest.fixture
def client(new_client: Callable[[], httpx.Client]) -> httpx.Client:
    """An HTTP client of a new user."""
    return new_client()


@pytest.fixture
def new_agent(service: str, new_client: Callable[[], httpx.Client]) -> Iterator[Callable[[], httpx.Client]]:
    """Makes HTTP clients of an agent runtime, each acting for a new user."""
    with ExitStack() as stack:

        def make() -> httpx.Client:
            owner_id = new_client().get("/api/me").json()["user_id"]
            headers = {"X-Agent-Key": AGENT_KEY, "X-Owner-Id": owner_id}
            return stack.enter_context(httpx.Client(base_url=service, headers=headers, timeout=30))

        yield make


@pytest.fixture
def agent(new_agent: Callable[[], httpx.Client]) -> httpx.Client:
    """An HTTP client of an agent runtime that acts for a new user."""
    return new_agent()


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> WordResponder:
    """The responder of all services in this process."""
    responder = WordResponder()
    monkeypatch.setattr(EchoResponder, "reply", lambda _, turn: responder.reply(turn))
    return responder


@pytest.fixture
def anonymous(service: str) -> Iterator[httpx.Client]:
    """An HTTP client of nobody."""
    with httpx.Client(base_url=service, timeout=30) as client:
        yield client
