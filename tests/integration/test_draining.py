"""``ai-agent serve`` that is told to end: it is not ready, and goes on serving for as long as it was told."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from entrypoints.settings import Settings
from tests.support.commands import AI_AGENT, INHERITED, WITH_AUTHENTICATION
from tests.support.processes import kill_all, workers_of
from tests.support.service import is_alive
from tests.support.sockets import free_port
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(180)  # each starts a few processes

type Serving = tuple[subprocess.Popen[bytes], str]
"""The process that gets the signals, and its address."""


@contextmanager
def serving(settings: Settings, *arguments: str, log: Path = Path(os.devnull), **environment: str) -> Iterator[Serving]:
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = [str(AI_AGENT), "serve", "--port", str(port), *arguments]
    known = {"DATABASE_URL": settings.database_url, **WITH_AUTHENTICATION}
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env={**INHERITED, **known, **environment}, stderr=output) as process,
    ):
        try:
            with httpx.Client(base_url=address) as client:
                assert eventually(lambda: is_alive(client), 60)
            yield process, address
        finally:
            if process.poll() is None:
                kill_all(process)


def status(address: str) -> int:
    """Of readiness, on a connection of its own."""
    return httpx.get(f"{address}/health/ready").status_code


@pytest.mark.parametrize("workers", [1, 2])
def test_it_is_not_ready_and_serves_until_a_second_signal_ends_it(
    settings: Settings, new_token: Callable[[], str], workers: int
) -> None:
    headers = {"Authorization": f"Bearer {new_token()}"}
    with (
        serving(settings, "--workers", str(workers), DRAIN_SECONDS="3600") as (process, address),
        httpx.Client(base_url=address, headers=headers) as kept,
    ):
        assert kept.get("/health/ready").is_success
        all_of_them = [process.pid] if workers == 1 else workers_of(process.pid)

        process.terminate()
        assert eventually(lambda: {status(address) for _ in range(8)} == {503}, 60)
        answers = [kept.post("/api/chat", json={"message": "Hello"}) for _ in range(2)]
        refused = kept.get("/health/ready")
        process.send_signal(signal.SIGINT)
        ended = process.wait(60)

    assert len(all_of_them) == workers
    assert [answer.json()["response"] for answer in answers] == ["Echo: Hello"] * 2
    assert {answer.headers["connection"] for answer in [*answers, refused]} == {"close"}
    assert refused.json()["code"] == "draining"
    assert refused.headers["retry-after"]
    assert ended in {0, -signal.SIGTERM, -signal.SIGINT, 130}


@pytest.mark.parametrize("workers", [1, 2])
def test_it_ends_by_itself_after_its_time(settings: Settings, workers: int) -> None:
    with serving(settings, "--workers", str(workers), DRAIN_SECONDS="0.5") as (process, address):
        process.terminate()
        ended = process.wait(60)

        with pytest.raises(httpx.ConnectError):
            httpx.get(address)

    assert ended in {0, -signal.SIGTERM}


def test_signals_to_the_workers_beside_the_supervisor_are_no_second_signals(settings: Settings, tmp_path: Path) -> None:
    """A terminal and a service manager signal all processes of a service."""
    log = tmp_path / "log"
    with serving(settings, "--workers", "2", DRAIN_SECONDS="3600", log=log) as (process, address):
        assert eventually(lambda: len(re.findall(r"Worker \d+ serves", log.read_text())) == 2, 60)

        for number in (signal.SIGINT, signal.SIGTERM):
            for worker in workers_of(process.pid):
                os.kill(worker, number)
        process.terminate()
        assert eventually(lambda: {status(address) for _ in range(8)} == {503}, 60)
        is_there = len(workers_of(process.pid)) == 2

    assert is_there


def test_a_second_signal_cuts_off_streams_and_keeps_what_their_replies_have_said(
    settings: Settings, new_token: Callable[[], str]
) -> None:
    headers = {"Authorization": f"Bearer {new_token()}"}
    body = {"message": " ".join(["word"] * 1000), "stream": True}
    with (
        serving(settings, ECHO_DELAY="0.2", DRAIN_SECONDS="3600") as (process, address),
        httpx.Client(base_url=address, headers=headers, timeout=60) as client,
    ):
        with client.stream("POST", "/api/chat", json=body) as stream:
            lines = stream.iter_lines()
            assert any("text-delta" in line for line in lines)
            process.terminate()
            process.send_signal(signal.SIGINT)
            with pytest.raises(httpx.TransportError):
                assert [*lines]
        process.wait(60)

    with serving(settings) as (_, address), httpx.Client(base_url=address, headers=headers) as client:
        (conversation,) = client.get("/api/conversations").json()["data"]
        *_, reply = client.get(f"/api/conversations/{conversation['id']}/messages").json()["data"]
    assert reply["status"] == "incomplete"
    assert reply["content"].startswith("Echo: word")
