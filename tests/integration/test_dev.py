"""``ai-agent dev``, as a person uses it: real processes."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path

import httpx
import pytest

from tests.support.commands import AI_AGENT, INHERITED, run, started
from tests.support.openai_frames import Answer
from tests.support.openai_stub import KEY, openai_stub
from tests.support.postgres import execute
from tests.support.waiting import eventually


def postgres_processes(folder: Path) -> list[str]:
    """The PostgreSQL processes that work on a folder."""
    listed = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout  # noqa: S607 - ps
    return [line for line in listed.splitlines() if str(folder) in line and "postgres" in line]


@contextmanager
def development(
    folder: Path, *options: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], httpx.Client, str]]:
    """``ai-agent dev`` on a folder, a client of its user, and what it printed."""
    command = ("dev", "--port", "0", "--data", str(folder), *options)
    with started(*command, ready="api/me", **environment) as (process, printed):
        (address,) = re.findall(r"runs on (http://\S+) ", printed)
        token = re.findall(r"Bearer (\w+)", printed)[0]
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
            yield process, client, printed


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


def test_dev_prints_links_that_open_the_chat_page_and_the_documentation_signed_in(tmp_path: Path) -> None:
    with development(tmp_path) as (_, client, printed):
        links = re.findall(r"^  (http://\S+)$", printed, re.MULTILINE)
        pages = [httpx.get(link) for link in links]

    token = client.headers["Authorization"].removeprefix("Bearer ")
    assert links == [f"{client.base_url}/#token={token}", f"{client.base_url}/docs#token={token}"]
    assert [(page.status_code, page.headers["content-type"]) for page in pages] == [
        (200, "text/html; charset=utf-8"),
        (200, "text/html; charset=utf-8"),
    ]


def test_dev_without_the_chat_page_prints_no_link(tmp_path: Path) -> None:
    with development(tmp_path, CHAT_PAGE="false") as (_, client, printed):
        page = client.get("/")

    assert "/#token=" not in printed
    assert page.status_code == 404


def test_dev_tries_an_agent(tmp_path: Path) -> None:
    with openai_stub(Answer(texts=["Hello ", "to you."])) as stub:
        models = {"OPENAI_BASE_URL": stub.base_url, "OPENAI_API_KEY": KEY, "OPENAI_DEFAULT_MODEL": "llama3.2"}
        with development(tmp_path, "--responder", "agent", RESPONDER="echo", **models) as (_, client, _):
            answer = client.post("/api/chat", json={"message": "Hello"})

    assert answer.json()["response"] == "Hello to you."
    assert stub.requests[0]["model"] == "llama3.2"


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
    parent = subprocess.Popen(
        shell, env=INHERITED, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    output = parent.stdout
    assert output is not None
    try:
        child = int(output.readline())
        printed = "".join(takewhile(lambda line: line != "Try:\n", output))
        assert "runs on" in printed, printed
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
