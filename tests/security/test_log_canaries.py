"""Canaries in everything that a client sends: they are in no log, and in no response but the owner's own reads."""

from collections.abc import Callable
from typing import Any, Never

import asyncpg
import httpx
import pytest

from adapters.postgres.database import Database
from tests.support.metrics import shown_metrics
from tests.support.raw_http import ask
from tests.support.service import AGENT_KEY, running_service, settings_for
from tests.support.waiting import eventually

CANARY = "zqcanaryqz"

BODY = {"messages": [{"role": "user", "content": CANARY, "name": CANARY, "metadata": {CANARY: CANARY}}]}
BAD = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": CANARY}]}]}
COOKIE = f"better-auth.session_token={CANARY}.{CANARY}"

FAILURES: list[tuple[str, str, Any, dict[str, str]]] = [
    ("GET", "/api/me", None, {"Authorization": f"Bearer {CANARY}"}),
    ("GET", "/api/me", None, {"Authorization": f"Bearer {CANARY}.{CANARY}"}),
    ("GET", "/api/me", None, {"Authorization": "", "Cookie": COOKIE}),
    ("POST", "/api/chat", {"message": CANARY}, {"Authorization": "", "Cookie": COOKIE, "Origin": f"https://{CANARY}"}),
    ("POST", "/api/conversations", {"title": CANARY * 50}, {}),
    ("POST", "/api/conversations", {"title": f"{CANARY}\0"}, {}),
    ("POST", "/api/conversations", {"metadata": {CANARY: f"{CANARY}\0"}}, {}),
    ("POST", "/api/conversations", BODY | {"title": 1}, {}),
    ("POST", "/api/conversations", BODY, {"Idempotency-Key": f"{CANARY} {CANARY}"}),
    ("POST", "{path}/messages", BAD, {}),
    ("POST", "{path}/messages", {"messages": [{"role": CANARY, "content": CANARY}]}, {}),
    ("POST", "{path}/messages", BODY, {"If-Match": CANARY}),
    ("POST", "{path}/messages", BODY, {"If-Match": '"77"', "Idempotency-Key": f"{CANARY}-2"}),
    ("POST", "{path}/messages", {**BODY, "more": 1}, {"Idempotency-Key": CANARY}),
    ("POST", "/api/chat", {"message": CANARY, "conversation_id": CANARY}, {}),
    ("GET", f"/api/conversations/{CANARY}", None, {}),
    ("GET", f"/api/conversations?cursor={CANARY}", None, {}),
    ("GET", f"/api/conversations?limit={CANARY}&archived={CANARY}", None, {}),
    ("GET", f"/{CANARY}?{CANARY}={CANARY}", None, {"X-Request-Id": f"{CANARY}!"}),
    ("PUT", "/api/me", {CANARY: CANARY}, {CANARY: CANARY}),
    ("GET", "/api/me", None, {"X-Agent-Key": CANARY}),
    ("GET", "/api/me", None, {"X-Agent-Key": f"{AGENT_KEY}{CANARY}", "X-Owner-Id": CANARY}),
    ("GET", "/api/me", None, {"X-Owner-Id": CANARY}),
    ("POST", "/api/chat", {"message": CANARY}, {"X-Agent-Key": AGENT_KEY, "X-Owner-Id": CANARY}),
    ("POST", "/api/chat", {"message": CANARY}, {"X-Agent-Key": AGENT_KEY, "X-Owner-Id": CANARY, "Authorization": ""}),
    ("POST", "/api/chat", {"message": CANARY}, {"X-Agent-Key": AGENT_KEY, "Authorization": "", "Cookie": COOKIE}),
    ("POST", f"/api/conversations/{CANARY}.{CANARY}/messages", BODY, {"X-Agent-Key": AGENT_KEY}),
]
"""What is refused: method, path, body, headers."""


MALFORMED: list[bytes] = [
    f"GET /{CANARY}?{CANARY} HTTP/9.9\r\nHost: {CANARY}\r\n\r\n".encode(),
    f"{CANARY} / HTTP/1.1\r\nHost: {CANARY}\r\n\r\n".encode(),
    f"GET /{CANARY * 200} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {CANARY}\r\n\r\n".encode(),
    f"GET /{CANARY} HTTP/1.1\r\nHost: x\r\nX-Request-Id: {CANARY}\r\n".encode()
    + f"{CANARY}: {CANARY}\r\n".encode() * 100
    + b"\r\n",
]
"""What the server refuses before the application sees it."""


def fail_all(client: httpx.Client, path: str) -> list[httpx.Response]:
    return [
        client.request(method, place.format(path=path), json=body, headers=headers)
        for method, place, body, headers in FAILURES
    ]


def test_refusals_show_and_log_nothing_that_was_sent(client: httpx.Client, logged: Callable[[], str]) -> None:
    token = client.headers["Authorization"].removeprefix("Bearer ")
    path = client.post("/api/conversations", json={"title": CANARY}).headers["Location"]
    client.post(f"{path}/messages", json=BODY, headers={"Idempotency-Key": CANARY}).raise_for_status()
    client.post("/api/chat", json={"message": CANARY}).raise_for_status()
    client.post(f"{path}/messages", json=BODY, headers={"X-Agent-Key": AGENT_KEY}).raise_for_status()
    own = client.get(path)

    answers = fail_all(client, path)

    assert CANARY in own.text
    for answer, failure in zip(answers, FAILURES, strict=True):
        assert 400 <= answer.status_code < 500, failure
        assert CANARY not in answer.text + str(answer.headers.raw), failure
        assert token not in answer.text, failure
        assert AGENT_KEY not in answer.text, failure
    assert CANARY not in logged() + shown_metrics()
    assert token not in logged() + shown_metrics()
    assert AGENT_KEY not in logged() + shown_metrics()


def test_without_a_database_nothing_that_was_sent_is_shown_or_logged(logged: Callable[[], str]) -> None:
    away = settings_for(f"postgresql://{CANARY}:{CANARY}@/{CANARY}?host=/nowhere/{CANARY}")
    headers = {"Authorization": "Bearer " + "x" * 32}
    with running_service(away) as address, httpx.Client(base_url=address, headers=headers) as client:
        answers = fail_all(client, f"/api/conversations/conv_{'0' * 32}")
        answers.append(client.get("/health/ready"))

    assert {answer.status_code for answer in answers} >= {401, 404, 503}
    assert all(CANARY not in answer.text + str(answer.headers.raw) for answer in answers)
    assert CANARY not in logged()
    assert headers["Authorization"][7:] not in logged()
    assert AGENT_KEY not in logged()


def test_each_request_has_a_line_and_the_line_of_what_the_server_refuses_has_nothing_of_it(
    service: str, logged: Callable[[], str]
) -> None:
    answers = [ask(service, request) for request in MALFORMED]

    ids = [answer.headers["x-request-id"] for answer in answers]
    assert {answer.status for answer in answers} == {400, 414, 431}
    assert eventually(lambda: all(f'"request_id":"{one}","' in logged() for one in ids))
    assert CANARY not in logged() + shown_metrics()


@pytest.mark.parametrize(
    "error", [asyncpg.DataError, asyncpg.PostgresConnectionError, RuntimeError, UnicodeDecodeError]
)
def test_a_driver_that_repeats_what_was_sent_is_not_repeated(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str], error: type[Exception]
) -> None:
    async def broken(*arguments: Any) -> Never:
        if "session" in str(arguments[1]):
            return await attempt(*arguments)  # type: ignore[misc]  # who calls is still found out
        details = ("utf-8", CANARY.encode(), 0, 1, CANARY) if error is UnicodeDecodeError else (CANARY,)
        raise error(*details) from ValueError(CANARY)

    attempt = Database._attempt
    path = client.post("/api/conversations", json={}).headers["Location"]
    monkeypatch.setattr(Database, "_attempt", broken)

    answers = [client.post(f"{path}/messages", json=BODY), client.post("/api/chat", json={"message": CANARY})]
    answers.append(client.get(path))

    assert {answer.status_code for answer in answers} <= {500, 503}
    assert error.__name__ in logged()
    assert CANARY not in logged() + "".join(answer.text for answer in answers)
