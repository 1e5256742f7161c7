"""Clients that leave at any moment lose no reply, and nothing of them stays behind."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Final

import httpx
import msgspec
import pytest
import uvicorn

from application.facade import Application
from entrypoints.app import make_app
from entrypoints.embedded import open_application
from entrypoints.server import processes
from entrypoints.settings import Settings
from tests.faults.reply_checker import check_replies
from tests.support.databases import prepare_users
from tests.support.postgres import execute
from tests.support.service import settings_for

pytestmark = [pytest.mark.faults, pytest.mark.anyio, pytest.mark.timeout(120)]

_CLIENTS: Final = 300
_AT_ONCE: Final = 15
_WORDS: Final = " ".join("abcdefgh")
_CONNECTIONS: Final = (
    "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_KEPT: Final = "SELECT content, status FROM messages WHERE role = 'assistant'"
_TURNS: Final = "SELECT count(*) AS turns FROM messages WHERE role = 'user'"
_BATCHES: Final = "SELECT count(*) AS batches FROM reply_batches"


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[tuple[str, Application]]:
    """The service in this loop: its address, and its use cases."""
    opened: list[Application] = []

    @asynccontextmanager
    async def opening(settings: Settings) -> AsyncIterator[Application]:
        async with open_application(settings) as application:
            opened.append(application)
            yield application

    listener = processes.bind("127.0.0.1", 0)
    server = uvicorn.Server(processes.configure(make_app(settings, opening)))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", opened[0]
    server.should_exit = True
    await serving


async def leave(http: httpx.AsyncClient, seconds: float, *, stream: bool) -> bool:
    """Chat, and leave after so many seconds; whether the client had left before the response was whole."""
    with suppress(TimeoutError, httpx.TransportError):
        async with (
            asyncio.timeout(seconds),
            http.stream("POST", "/api/chat", json={"message": _WORDS, "stream": stream}) as response,
        ):
            await response.aread()
            return False
    return True


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it is true."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.01)


async def test_300_clients_that_leave_lose_no_reply_and_leave_nothing_behind(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = secrets.randbits(32)
    moments = Random(seed)  # noqa: S311 - no secret
    (token,) = await prepare_users(empty_database_url, 1)
    settings = msgspec.structs.replace(settings_for(empty_database_url), echo_delay=0.05, database_pool_size=4)
    async with (
        served(settings) as (address, application),
        httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as http,
    ):
        replies = application.begin_reply._replies
        places = asyncio.Semaphore(_AT_ONCE)
        tasks = len(asyncio.all_tasks())

        async def client(number: int) -> bool:
            async with places:
                return await leave(http, moments.uniform(0, 1), stream=bool(number % 2))

        left = await asyncio.gather(*(client(number) for number in range(_CLIENTS)))
        await until(lambda: not (replies._writers or replies._tasks or replies._beginnings))
        await until(lambda: len(asyncio.all_tasks()) <= tasks)
        answers = await asyncio.gather(*(http.get("/api/me") for _ in range(8)))
        kept = await asyncio.to_thread(execute, empty_database_url, _KEPT)
        turns, states, batches = [
            await asyncio.to_thread(execute, empty_database_url, sql) for sql in (_TURNS, _CONNECTIONS, _BATCHES)
        ]
        damage = await asyncio.to_thread(lambda: [*check_replies(empty_database_url)])
        monkeypatch.setattr("application.sweep_replies._KEPT_SECONDS", 0)
        await application.sweep_replies()
        left_over = await asyncio.to_thread(execute, empty_database_url, _BATCHES)

    assert sum(left) > _CLIENTS / 3, f"seed {seed}"
    assert {(row["content"], row["status"]) for row in kept} == {(f'"Echo: {_WORDS}"', "completed")}, f"seed {seed}"
    assert len(kept) == turns[0]["turns"] > _CLIENTS / 3, f"seed {seed}"
    assert damage == [], f"seed {seed}"
    assert [answer.status_code for answer in answers] == [200] * 8
    assert {row["state"] for row in states} <= {"idle", "active"}, f"seed {seed}"
    assert len(states) <= 4
    assert batches[0]["batches"] < 10 * len(kept)
    assert left_over[0]["batches"] == 0
