"""The service on a real socket, in a thread of the test's process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import msgspec
import uvicorn

from entrypoints.app import make_app
from entrypoints.server import processes
from entrypoints.server.reading import GuardedProtocol
from entrypoints.settings import Settings

SECRET: Final = "the-secret-of-the-tests-which-is-long-enough"
AGENT_KEY: Final = "the-agent-key-of-the-tests-which-is-long-enough"
OLD_AGENT_KEY: Final = "the-agent-key-that-is-replaced-by-the-other-one"


def settings_for(database_url: str) -> Settings:
    """A whole deployment's settings, for a database."""
    return without_limits(
        Settings(
            database_url=database_url,
            better_auth_secret=SECRET,
            better_auth_url="http://localhost:3000",
            trusted_origins="http://app.test, http://localhost:3000",
            agent_keys=f"{AGENT_KEY}, {OLD_AGENT_KEY}",
        )
    )


def without_limits(settings: Settings) -> Settings:
    """The same, for tests that ask faster than people do."""
    return msgspec.structs.replace(
        settings,
        limit_address_requests=0,
        limit_user_requests=0,
        limit_user_messages=0,
        limit_user_bytes=0,
        limit_user_replies=0,
    )


@contextmanager
def running_service(
    settings: Settings, protocol: type[GuardedProtocol] = GuardedProtocol, *, port: int = 0
) -> Iterator[str]:
    """The service, on a port that is free or on this one; its address."""
    listener = processes.bind("127.0.0.1", port)
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


def is_alive(client: httpx.Client) -> bool:
    """Whether the service answers."""
    try:
        return client.get("/health/live").is_success
    except httpx.TransportError:
        return False
