"""A service that is told to end lets its replies end, and ends those that take too long with what they have said."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.faults.reply_checker import check_replies
from tests.faults.service import Service
from tests.support.databases import prepare_users
from tests.support.postgres import execute
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

_RUNNING = "SELECT count(*) AS replies FROM conversations WHERE reply_seq IS NOT NULL"
_KEPT = "SELECT status, count(*) AS replies FROM messages WHERE role = 'assistant' GROUP BY status"
_SHORT, _LONG = " ".join("ab" * 5), " ".join("ab" * 60)


@contextmanager
def read_to_their_ends(address: str, token: str, messages: list[str]) -> Iterator[None]:
    """Clients that read the replies to these, as streams, and are not disturbed if they break off."""

    def read(message: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        body = {"message": message, "stream": True}
        with suppress(httpx.TransportError):
            httpx.post(f"{address}/api/chat", json=body, headers=headers, timeout=60)

    with ThreadPoolExecutor(len(messages)) as threads:
        reading = [threads.submit(read, message) for message in messages]
        yield
    for one in reading:
        one.result()


def test_20_replies_end_with_their_service(empty_database_url: str, tmp_path: Path) -> None:
    (token,) = asyncio.run(prepare_users(empty_database_url, 1))
    log, slowly = tmp_path / "service.log", {"ECHO_DELAY": "0.5", "REPLY_LEASE": "60"}
    with (
        Service(empty_database_url, log, environment=slowly) as service,
        read_to_their_ends(service.address, token, [_SHORT, _LONG] * 10),
    ):
        assert eventually(lambda: execute(empty_database_url, _RUNNING)[0]["replies"] == 20)

        service.terminate()

    assert [*check_replies(empty_database_url)] == []
    assert {row["status"]: row["replies"] for row in execute(empty_database_url, _KEPT)} == {
        "completed": 10,
        "incomplete": 10,
    }
