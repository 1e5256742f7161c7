"""A deployment: one service that lives through all outages of its database."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from entrypoints.settings import Settings
from tests.faults.cluster import CrashingDatabase
from tests.faults.fault_proxy import FaultProxy
from tests.faults.timed_client import TimedClient
from tests.support.databases import prepare_users
from tests.support.postgres import execute
from tests.support.service import running_service, settings_for

_OPEN = "SELECT query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A database, the proxy before it, a client of the service behind and its token, and the service's settings."""

    database: CrashingDatabase
    proxy: FaultProxy
    client: TimedClient
    token: str
    settings: Settings

    def seconds_to_heal(self) -> float:
        """How long until all is answered as before; then every connection serves, and none is in a transaction."""
        seconds = self.client.seconds_to_recover()
        assert [
            one for one in self.client.ask(["me"], self.settings.database_pool_size * 3) if not one.response.is_success
        ] == []
        assert execute(self.database.url, _OPEN) == []
        return seconds


def settings_with_short_timeouts(database_url: str) -> Settings:
    """A deployment's settings with short timeouts and 5 connections."""
    return msgspec.structs.replace(
        settings_for(database_url),
        database_pool_size=5,
        database_acquire_timeout=0.8,
        database_connect_timeout=0.8,
        database_command_timeout=1.2,
        database_lock_timeout=0.5,
        request_timeout=4.0,
        reply_lease=2.0,
    )


@contextmanager
def deployed(folder: Path) -> Iterator[Deployment]:
    """The service with short timeouts, on a database of its own."""
    with (
        CrashingDatabase(folder / "postgres", {"max_connections": "20"}) as database,
        FaultProxy(database.socket) as proxy,
    ):
        (token,) = asyncio.run(prepare_users(database.url, 1))
        settings = settings_with_short_timeouts(
            f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres?sslmode=disable"
        )
        with running_service(settings) as address, TimedClient(address, token) as client:
            yield Deployment(database=database, proxy=proxy, client=client, token=token, settings=settings)
