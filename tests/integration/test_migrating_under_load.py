"""A service in use while its database is migrated, revision by revision, up to the next release's.

What is promised: the release that runs goes on while a migration makes the schema of the next one. The code of today
stands for the release that runs. Its statements need no more than the oldest of these revisions has, so it also serves
on those that are older than the one it was written for, although it is not ready there.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest
from alembic.script import ScriptDirectory

from adapters.better_auth.development import create_tables
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.migrating import migrate
from adapters.postgres.revisions import alembic_config
from tests.support.commands import started
from tests.support.databases import sign_in
from tests.support.next_release import REVISION, write_next_release
from tests.support.postgres import execute
from tests.support.service import running_service, settings_for
from tests.support.waiting import eventually

OLDEST: Final = "0003"
"""The oldest revision on which every statement of the code can run. A revision that adds what they need is the next."""
CLIENTS: Final = 3
SAID: Final = {"messages": [{"role": "user", "content": "hello"}]}


@dataclass(slots=True)
class Load:
    """Clients that append, list and page until they are told to end."""

    ended: threading.Event = field(default_factory=threading.Event)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    clients: list["Future[tuple[int, int]]"] = field(default_factory=list)

    def use(self, address: str, token: str) -> tuple[int, int]:
        """One client; how many appends were acknowledged, and how many messages are there in the end."""
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
            conversation = client.post("/api/conversations", json={}).raise_for_status().headers["Location"]
            appended = 0
            while not self.ended.is_set():
                append = client.post(f"{conversation}/messages", json=SAID)
                appended += append.is_success
                self.statuses["append", append.status_code] += 1
                for path in ("/api/conversations", f"{conversation}/messages", conversation):
                    self.statuses["read", client.get(path).status_code] += 1
            return appended, client.get(conversation).raise_for_status().json()["last_seq"]

    def wait_for_more(self, requests: int = 60) -> None:
        """Return once so many more requests have been answered."""
        enough = self.statuses.total() + requests
        assert eventually(lambda: self.statuses.total() >= enough or any(one.done() for one in self.clients), 40)
        assert not any(one.done() for one in self.clients)


@contextmanager
def load_on(address: str, tokens: list[str]) -> Iterator[Load]:
    """The service in use while the context lasts; raises what a client has raised."""
    load = Load()
    with ThreadPoolExecutor(len(tokens)) as threads:
        load.clients += [threads.submit(load.use, address, token) for token in tokens]
        try:
            yield load
        finally:
            load.ended.set()
        for client in load.clients:
            client.result()


@pytest.fixture
async def oldest_url(empty_database_url: str) -> str:
    """A database of the oldest revision, with better-auth's tables."""
    address = DatabaseAddress.parse(empty_database_url)
    await migrate(address, OLDEST)
    async with Database.connect(address, PoolSettings(size=1)) as database:
        await create_tables(database)
    return empty_database_url


def later_revisions() -> list[str]:
    """The revisions of the code after the oldest, in their order."""
    revisions = ScriptDirectory.from_config(alembic_config()).iterate_revisions("head", OLDEST)
    return [one.revision for one in revisions][::-1]


async def migrate_to_next_release_beside_a_backup(url: str, folder: Path, load: Load) -> int:
    """Migrate while a long transaction reads a table that is altered; how the command ended."""
    environment = {"DATABASE_URL": url, **write_next_release(folder)}
    backup = await asyncpg.connect(**DatabaseAddress.parse(url).arguments)
    await backup.execute("BEGIN; SELECT FROM messages")
    with started("migrate", ready="once more", **environment) as (command, _):
        await asyncio.to_thread(load.wait_for_more)
        await backup.close()
        return await asyncio.to_thread(command.wait, 60)


@pytest.mark.timeout(180)
async def test_no_request_fails_while_every_revision_is_climbed_and_the_next_releases(
    oldest_url: str, tmp_path: Path
) -> None:
    tokens = [await sign_in(oldest_url) for _ in range(CLIENTS)]

    with running_service(settings_for(oldest_url)) as service, load_on(service, tokens) as load:
        for revision in later_revisions():
            await asyncio.to_thread(load.wait_for_more)
            await migrate(DatabaseAddress.parse(oldest_url), revision)
        await asyncio.to_thread(load.wait_for_more)
        ended = await migrate_to_next_release_beside_a_backup(oldest_url, tmp_path, load)
        await asyncio.to_thread(load.wait_for_more)
        ready = await asyncio.to_thread(httpx.get, f"{service}/health/ready")

    counts = [client.result() for client in load.clients]
    assert load.statuses.keys() == {("append", 201), ("read", 200)}
    assert [appended for appended, _ in counts] == [there for _, there in counts]
    assert (ended, ready.status_code) == (0, 200)
    (row,) = await asyncio.to_thread(execute, oldest_url, "SELECT version_num FROM ai_agent_revision")
    assert row["version_num"] == REVISION
