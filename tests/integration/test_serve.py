"""``ai-agent serve``, as a person uses it: real processes."""

import asyncio
import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from entrypoints.settings import Settings
from tests.support.commands import AI_AGENT, INHERITED, WITH_AUTHENTICATION, started
from tests.support.databases import prepare
from tests.support.postgres import execute
from tests.support.processes import kill_all
from tests.support.service import is_alive
from tests.support.sockets import free_port
from tests.support.waiting import eventually


def test_serve_starts_on_a_database_that_cannot_be_written_to_yet(empty_database_url: str) -> None:
    asyncio.run(prepare(empty_database_url))
    execute(
        empty_database_url,
        f"ALTER DATABASE {urlsplit(empty_database_url).path[1:]} SET default_transaction_read_only = on",
    )

    environment = {"DATABASE_URL": empty_database_url, **WITH_AUTHENTICATION}
    with started("serve", "--port", "0", ready="Serving on", **environment) as (_, printed):
        pass

    assert "The database can't be written to: default_transaction_read_only is on." in printed


def test_serve_warns_of_what_should_not_stay_so(empty_database_url: str) -> None:
    asyncio.run(prepare(empty_database_url))
    execute(empty_database_url, 'ALTER TABLE "session" DROP CONSTRAINT session_token_key')

    environment = {"DATABASE_URL": empty_database_url, **WITH_AUTHENTICATION}
    with started("serve", "--port", "0", ready="Serving on", **environment) as (_, printed):
        pass

    assert "no unique index on token" in printed
    assert "TRUSTED_ORIGINS is empty" in printed


def test_serve_starts_while_the_database_is_away(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": f"postgresql://ann@/chat?host={tmp_path}", **WITH_AUTHENTICATION}

    with started("serve", "--port", "0", ready="Serving on", **environment) as (_, printed):
        pass

    assert "the database is away (" in printed
    assert "No such file" in printed


@pytest.mark.parametrize("workers", [1, 2])
def test_serve_answers_and_ends_on_a_signal(settings: Settings, new_token: Callable[[], str], workers: int) -> None:
    port = free_port()
    command = ("serve", "--port", str(port), "--workers", str(workers))
    environment = {"DATABASE_URL": settings.database_url, **WITH_AUTHENTICATION}
    with started(*command, ready="Serving on", **environment) as (process, _):
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            assert eventually(lambda: is_alive(client), seconds=40)
            answer = client.post(
                "/api/chat", json={"message": "hello"}, headers={"Authorization": f"Bearer {new_token()}"}
            )
        process.terminate()
        ended = process.wait(20)

    assert answer.json()["response"] == "Echo: hello"
    assert ended in {0, -signal.SIGTERM}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_log_that_nobody_reads_keeps_nobody_waiting(tmp_path: Path, workers: int) -> None:
    port = free_port()
    command = [str(AI_AGENT), "serve", "--port", str(port), "--workers", str(workers)]
    away = {"DATABASE_URL": f"postgresql://ann@/chat?host={tmp_path}", **WITH_AUTHENTICATION}
    read_end, write_end = os.pipe()
    filling = threading.Thread(target=fill, args=(write_end,))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {'x' * 32}"}) as client:
        process = subprocess.Popen(command, env=INHERITED | away, stdout=write_end, stderr=write_end)
        try:
            assert eventually(lambda: is_alive(client), seconds=40)
            client.get("/api/me")
            said = ""
            while '"logger":"entrypoints.http.errors","message":"Storage unavailable 1 time(s)' not in said:
                said += os.read(read_end, 4096).decode()
            filling.start()
            assert eventually(lambda: not select.select([], [write_end], [], 0)[1])

            statuses = {client.get("/api/me").status_code for _ in range(40)}
            process.terminate()
            ended = process.wait(20)
        except BaseException:
            kill_all(process)
            raise
        finally:
            os.close(read_end)  # ends the filling
            process.wait(20)
            if filling.is_alive():
                filling.join()
            os.close(write_end)

    assert statuses == {503}
    assert ended in {0, -signal.SIGTERM}


def fill(pipe: int) -> None:
    """Write until nobody can read it any more."""
    with suppress(BrokenPipeError):
        while True:
            os.write(pipe, b"." * 4096)
