"""Fixtures for all tests."""

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
import uvicorn

from adapters.better_auth.development import create_tables, open_session
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.migrating import migrate
from entrypoints.app import make_app
from entrypoints.server import processes
from entrypoints.server.reading import GuardedProtocol
from entrypoints.settings import Settings
from tests.support import postgres

SECRET = "the-secret-of-the-tests-which-is-long-enough"


def pytest_report_header() -> str:
    """Say which PostgreSQL is used."""
    return f"PostgreSQL: {postgres.source()}"


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


async def prepare(url: str) -> None:
    """Migrate a database, and give it better-auth's tables."""
    address = DatabaseAddress.parse(url)
    await migrate(address)
    async with Database.connect(address, PoolSettings(size=1)) as database:
        await create_tables(database)


@pytest.fixture(scope="session")
def database_url(server_url: str) -> Iterator[str]:
    """A migrated database with better-auth's tables, shared by all tests: each takes owners of its own."""
    with postgres.new_database(server_url) as url:
        asyncio.run(prepare(url))
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The shared database, on a pool of the test's own."""
    async with Database.connect(DatabaseAddress.parse(database_url), PoolSettings(size=5)) as database:
        yield database


def settings_for(database_url: str) -> Settings:
    """A whole deployment's settings, for a database."""
    return Settings(
        database_url=database_url,
        better_auth_secret=SECRET,
        better_auth_url="http://localhost:3000",
        trusted_origins="http://app.test, http://localhost:3000",
    )


@pytest.fixture(scope="session")
def settings(database_url: str) -> Settings:
    """Settings for the shared database."""
    return settings_for(database_url)


@contextmanager
def running_service(settings: Settings, protocol: type[GuardedProtocol] = GuardedProtocol) -> Iterator[str]:
    """The service on a real socket; its address."""
    listener = processes.bind("127.0.0.1", 0)
    server = uvicorn.Server(processes.configure(make_app(settings), protocol))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=5)) as client:
            client.get(f"{address}/health/live").raise_for_status()
        yield address
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def service(settings: Settings) -> Iterator[str]:
    """The address of the service on the shared database."""
    with running_service(settings) as address:
        yield address


@pytest.fixture(scope="session")
def new_token(database_url: str) -> Callable[[], str]:
    """Signs a new user in; the token of the session."""

    async def sign_in() -> str:
        async with Database.connect(DatabaseAddress.parse(database_url), PoolSettings(size=1)) as database:
            return await open_session(database, f"user-{secrets.token_hex(6)}")

    return lambda: asyncio.run(sign_in())


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
def anonymous(service: str) -> Iterator[httpx.Client]:
    """An HTTP client of nobody."""
    with httpx.Client(base_url=service, timeout=30) as client:
        yield client
