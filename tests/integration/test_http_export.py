"""GET /api/export: everything that the caller has, and nothing of anybody else's."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from entrypoints.cli.main import main
from tests.support.waiting import eventually

HELLO = {"role": "user", "content": "hello \0 é"}
LONG = {"role": "user", "content": "x" * 900_000}


def lines_of(answer: httpx.Response) -> Sequence[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.split("\n")[:-1]]


def test_it_is_what_the_command_prints(
    client: httpx.Client,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for count in (2, 0, 1):
        body = {"messages": [HELLO] * count, "metadata": {"a": 1e25}}
        path = client.post("/api/conversations", json=body).headers["Location"]
    client.patch(path, json={"archived": True})
    monkeypatch.setenv("DATABASE_URL", database_url)

    answer = client.get("/api/export")

    assert [line["type"] for line in lines_of(answer)] == [
        "export", "conversation", "message", "message", "conversation", "conversation", "message", "end",
    ]  # fmt: skip
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="export.ndjson"'
    capfd.readouterr()
    assert main(["export", "--user", client.get("/api/me").json()["user_id"]]) == 0
    assert capfd.readouterr().out == answer.text


def test_without_a_session_there_is_none(anonymous: httpx.Client) -> None:
    assert anonymous.get("/api/export").status_code == 401


def test_head_has_no_body(client: httpx.Client) -> None:
    answer = client.head("/api/export")

    assert (answer.status_code, answer.content) == (200, b"")


def test_one_export_of_a_user_runs_at_a_time_and_who_leaves_ends_it(client: httpx.Client) -> None:
    path = client.post("/api/conversations", json={}).headers["Location"]
    for _ in range(16):
        client.post(f"{path}/messages", json={"messages": [LONG]}).raise_for_status()

    with client.stream("GET", "/api/export") as running:
        pieces = running.iter_bytes()  # if it were not held, the connection would be closed
        next(pieces)
        refused = client.get("/api/export")

    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert eventually(lambda: client.get("/api/export").status_code == 200)
    assert len(lines_of(client.get("/api/export"))) == 19
