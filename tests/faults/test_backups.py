"""A base backup and the archive of PostgreSQL's log bring back any moment, as docs/operations.md says."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.faults.cluster import CrashingDatabase
from tests.support.commands import run
from tests.support.databases import prepare_users
from tests.support.postgres import execute
from tests.support.service import running_service, settings_for
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(90)]

_LAST_SEGMENT = "SELECT pg_walfile_name(pg_switch_wal())"
_LAST_ARCHIVED = "SELECT last_archived_wal FROM pg_stat_archiver"


@contextmanager
def served(database: CrashingDatabase, token: str) -> Iterator[httpx.Client]:
    """The service on this database, and a client of it."""
    headers = {"Authorization": f"Bearer {token}"}
    with (
        running_service(settings_for(database.url)) as address,
        httpx.Client(base_url=address, headers=headers) as client,
    ):
        yield client


def append(client: httpx.Client, path: str, number: int) -> int:
    """Append a message under a key; the seq that it got."""
    body = {"messages": [{"role": "user", "content": f"message {number}"}]}
    answer = client.post(path, json=body, headers={"Idempotency-Key": f"key-{number}"})
    seq: int = answer.raise_for_status().json()["data"][0]["seq"]
    return seq


def test_a_moment_is_restored_with_what_was_acknowledged_before_it_and_nothing_else(tmp_path: Path) -> None:
    archive, backup = tmp_path / "archive", tmp_path / "backup"
    archive.mkdir(mode=0o700)
    archiving = {"archive_mode": "on", "archive_command": f"test ! -f {archive}/%f && cp %p {archive}/%f"}
    with CrashingDatabase(tmp_path / "primary", archiving) as primary:
        (token,) = asyncio.run(prepare_users(primary.url, 1))
        with served(primary, token) as client, ThreadPoolExecutor(1) as pool:
            path = f"/api/conversations/{client.post('/api/conversations', json={}).json()['id']}/messages"
            copying = pool.submit(primary.copy_to, backup, "--wal-method=none")
            written = 0
            while not copying.done() or written < 20:
                written += 1
                append(client, path, written)
            copying.result()
            [[moment]] = execute(primary.url, "SELECT clock_timestamp()::text")
            append(client, path, written + 1)
            client.delete(path.removesuffix("/messages")).raise_for_status()  # the mistake
        [[segment]] = execute(primary.url, _LAST_SEGMENT)
        assert eventually(lambda: execute(primary.url, _LAST_ARCHIVED)[0][0] == segment)

    (backup / "recovery.signal").touch()
    recovering = {
        "restore_command": f"cp {archive}/%f %p",
        "recovery_target_time": moment,
        "recovery_target_action": "promote",
    }
    with CrashingDatabase(backup, recovering) as restored:
        assert eventually(lambda: not execute(restored.url, "SELECT pg_is_in_recovery()")[0][0])
        with served(restored, token) as client:
            contents = [message["content"] for message in client.get(path, params={"limit": 100}).json()["data"]]
            seqs = [append(client, path, number) for number in (written, written + 1)]
        found = run("fsck", DATABASE_URL=restored.url)

    assert contents == [f"message {number}" for number in range(max(1, written - 99), written + 1)]
    assert seqs == [written, written + 1], "a key from before the moment finds its message, a later one is new"
    assert found.returncode == 0, found.stdout
