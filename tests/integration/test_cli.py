"""The command line, as a person uses it: real processes."""

import asyncio
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

from entrypoints.cli import main
from entrypoints.native_api.openapi import make_document
from entrypoints.settings import Settings
from tests.support.commands import AI_AGENT, INHERITED, WITH_AUTHENTICATION, run, started
from tests.support.databases import prepare
from tests.support.postgres import execute
from tests.support.processes import has_ended, kill_all, workers_of
from tests.support.service import is_alive
from tests.support.sockets import free_port
from tests.support.waiting import eventually


def postgres_processes(folder: Path) -> list[str]:
    """The PostgreSQL processes that work on a folder."""
    listed = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout  # noqa: S607 - ps
    return [line for line in listed.splitlines() if str(folder) in line and "postgres" in line]


@contextmanager
def development(folder: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client, str]]:
    """``ai-agent dev`` on a folder, a client of its user, and what it printed."""
    with started("dev", "--port", "0", "--data", str(folder), ready="api/me") as (process, printed):
        (address,) = re.findall(r"runs on (http://\S+) ", printed)
        token = re.findall(r"Bearer (\w+)", printed)[0]
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
            yield process, client, printed


def test_openapi_prints_the_document() -> None:
    printed = run("openapi")

    assert json.loads(printed.stdout) == make_document()


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (["serve"], {}, "DATABASE_URL"),
        (["migrate"], {}, "DATABASE_URL"),
        (["migrate"], {"DATABASE_URL": "mysql://ann:secret@x/y"}, "must begin with postgresql://"),
        (["migrate"], {"DATABASE_URL": "postgresql://ann:secret@127.0.0.1:1/y"}, "can't be migrated"),
        (
            ["migrate"],
            {"DATABASE_URL": "postgresql://ann:secret@x/y?sslmode=verify-full&sslrootcert=/no/such/file"},
            "sslrootcert",
        ),
        (["serve"], {"DATABASE_URL": "postgresql://a@b/c", "DATABASE_POOL_SIZE": "x"}, "DATABASE_POOL_SIZE"),
        (["serve"], {"DATABASE_URL": "postgresql://a@b/c"}, "BETTER_AUTH_SECRET"),
        (
            ["serve"],
            {"DATABASE_URL": "postgresql://a@b/c", **WITH_AUTHENTICATION, "AUTH_USER_TABLE": "a b"},
            "user_table",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: list[str],
    environment: dict[str, str],
    says: str,
    refusal_of: Callable[..., str],
) -> None:
    said = refusal_of(*arguments, **environment)

    assert says in said
    assert "secret" not in said


@pytest.mark.parametrize("arguments", [[], ["fly"], ["serve", "--port", "70000"], ["serve", "--workers", "0"]])
def test_a_wrong_command_line_explains_itself(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)

    assert raised.value.code == 2
    assert "usage: ai-agent" in capsys.readouterr().err


def test_migrate_is_safe_when_several_start_at_once(empty_database_url: str) -> None:
    command = [str(AI_AGENT), "migrate"]
    environment = INHERITED | {"DATABASE_URL": empty_database_url}
    several = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(4)]

    said = [one.communicate(timeout=30)[0] for one in several]

    assert [one.returncode for one in several] == [0] * 4
    assert sorted(line.split()[0] for line in said) == ["Migrated", "The", "The", "The"]


@pytest.mark.parametrize("command", [["migrate"], ["serve", "--port", "0"], ["fsck"]])
def test_a_database_that_lets_nobody_in_is_told_from_one_that_is_away(
    command: list[str], empty_database_url: str, refusal_of: Callable[..., str]
) -> None:
    url = urlsplit(empty_database_url)
    missing = urlunsplit(url._replace(path=f"{url.path}_missing"))

    said = refusal_of(*command, DATABASE_URL=missing, **WITH_AUTHENTICATION)

    assert re.search(r"_missing. does not exist$", said)


def test_serve_refuses_a_database_that_was_not_migrated(
    empty_database_url: str, refusal_of: Callable[..., str]
) -> None:
    said = refusal_of("serve", "--port", "0", DATABASE_URL=empty_database_url, **WITH_AUTHENTICATION)

    assert "run ai-agent migrate" in said


@pytest.mark.parametrize("command", [["migrate"], ["serve", "--port", "0"]])
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_keep_all_texts_is_refused(
    command: list[str], encoding: str, server_url: str, empty_database_url: str, refusal_of: Callable[..., str]
) -> None:
    name = urlsplit(empty_database_url).path[1:]
    options = f"TEMPLATE template0 ENCODING '{encoding}' LOCALE_PROVIDER libc LOCALE 'C'"
    execute(server_url, f"DROP DATABASE {name}", f"CREATE DATABASE {name} {options}")

    said = refusal_of(*command, DATABASE_URL=empty_database_url, **WITH_AUTHENTICATION)

    assert f"encoding is {encoding}" in said


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


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('DROP TABLE "session"', "session table is missing"),
        ('ALTER TABLE "session" ALTER "expiresAt" TYPE timestamp', "AUTH_EXPIRY_TIME_ZONE"),
    ],
)
def test_serve_refuses_sessions_that_it_cannot_judge(
    empty_database_url: str, change: str, says: str, refusal_of: Callable[..., str]
) -> None:
    asyncio.run(prepare(empty_database_url))
    execute(empty_database_url, change)

    said = refusal_of("serve", "--port", "0", DATABASE_URL=empty_database_url, **WITH_AUTHENTICATION)

    assert says in said


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
            while "WARNING entrypoints.http.errors: Storage unavailable 1 time(s)" not in said:
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


def test_serve_ends_on_a_signal_though_a_worker_is_frozen(tmp_path: Path) -> None:
    away = {"DATABASE_URL": f"postgresql://ann@/chat?host={tmp_path}", **WITH_AUTHENTICATION}
    command = (sys.executable, "-c", HURRIED_SERVE)
    with subprocess.Popen(command, env=INHERITED | away, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            with httpx.Client(base_url=process.stdout.readline().strip()) as client:
                assert eventually(lambda: is_alive(client), seconds=40)
            workers = workers_of(process.pid)

            os.kill(workers[0], signal.SIGSTOP)
            process.terminate()
            ended = process.wait(20)
        except BaseException:
            kill_all(process)
            raise

    assert ended == 0
    assert len(workers) == 2
    assert all(has_ended(worker) for worker in workers)


HURRIED_SERVE = """
from entrypoints.server import processes

if __name__ == "__main__":
    factory = "entrypoints.app:make_app_from_environment"
    with processes.bind("127.0.0.1", 0) as listener:
        print("http://127.0.0.1:%d" % listener.getsockname()[1], flush=True)
        processes.serve_workers(factory, listener, workers=2, seconds_to_end=1)
"""


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path, refusal_of: Callable[..., str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        serve = refusal_of("serve", "--port", port, DATABASE_URL="postgresql://a@b/c", **WITH_AUTHENTICATION)
        dev = run("dev", "--port", port, "--data", str(tmp_path))

    assert dev.returncode == 1
    for said in (serve, dev.stderr):
        assert re.fullmatch(rf"ai-agent: Can't listen on 127.0.0.1:{port}: .*--port.\n", said)
    assert list(tmp_path.iterdir()) == []


def test_dev_serves_what_its_curl_lines_ask_and_keeps_the_data_for_the_next_run(tmp_path: Path) -> None:
    with development(tmp_path) as (_, _, printed):
        curls = re.findall(r"curl (?:.*\\\n)?.*", printed)
        answers = [
            json.loads(subprocess.run(line, shell=True, capture_output=True, check=True).stdout)  # noqa: S602 - as a person would
            for line in curls
        ]
        conversation = answers[0]["conversation_id"]

    with development(tmp_path) as (_, again, _):
        kept = again.get(f"/api/conversations/{conversation}").json()

    assert len(curls) == 3
    assert answers[0]["response"] == "Echo: Hello"
    assert [one["id"] for one in answers[1]["data"]] == [conversation]
    assert answers[2]["user_id"] == "development-user"
    assert [one["content"] for one in kept["messages"]] == ["Hello", "Echo: Hello"]
    assert eventually(lambda: postgres_processes(tmp_path) == [])


def test_a_second_dev_in_the_same_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    with development(tmp_path) as (_, client, _):
        ended = run("dev", "--port", "0", "--data", str(tmp_path))
        still = client.get("/health/ready").status_code

    assert ended.returncode == 1
    assert re.fullmatch(r"ai-agent: .*\n", ended.stderr)
    assert still == 200


def test_a_broken_data_folder_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18\n")

    ended = run("dev", "--port", "0", "--data", str(tmp_path))

    assert ended.returncode == 1
    assert re.fullmatch(r"ai-agent: .*\n", ended.stderr)
    assert str(tmp_path) in ended.stderr


@pytest.mark.parametrize("killed", ["ai-agent", "its parent"])
def test_nothing_is_left_running_after_a_kill_and_the_data_is_there(tmp_path: Path, killed: str) -> None:
    shell = ["sh", "-c", '"$0" "$@" & echo $!; wait', str(AI_AGENT), "dev", "--port", "0", "--data", str(tmp_path)]
    parent = subprocess.Popen(shell, env=INHERITED, stdout=subprocess.PIPE, text=True, start_new_session=True)
    output = parent.stdout
    assert output is not None
    try:
        child = int(output.readline())
        printed = "".join(iter(output.readline, "Try:\n"))
        (address,) = re.findall(r"runs on (http://\S+) ", printed)
        (token,) = re.findall(r"^  (\w+)$", printed, re.MULTILINE)
        headers = {"Authorization": f"Bearer {token}"}
        kept = httpx.post(f"{address}/api/chat", json={"message": "Hello"}, headers=headers).json()["conversation_id"]
        assert postgres_processes(tmp_path) != []

        os.kill(child if killed == "ai-agent" else parent.pid, signal.SIGKILL)

        assert eventually(lambda: postgres_processes(tmp_path) == [])
    finally:
        with suppress(ProcessLookupError):
            os.killpg(parent.pid, signal.SIGKILL)
        parent.wait(20)
        output.close()
    with development(tmp_path) as (_, client, _):
        assert client.get(f"/api/conversations/{kept}").json()["last_seq"] == 2


def test_dev_uses_the_database_that_is_given_and_does_not_touch_better_auths_tables(
    tmp_path: Path, empty_database_url: str
) -> None:
    command = ("dev", "--port", "0", "--data", str(tmp_path))
    with started(*command, ready="Sign in with", DATABASE_URL=empty_database_url) as (_, printed):
        pass

    tables = execute(empty_database_url, "SELECT relname FROM pg_class WHERE relname IN ('session', 'conversations')")
    assert "embedded" not in printed
    assert [row["relname"] for row in tables] == ["conversations"]
    assert list(tmp_path.iterdir()) == []
