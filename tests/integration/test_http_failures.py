"""Failures behind the API: the right response, and nothing of what people wrote in the log."""

import logging
from collections.abc import AsyncGenerator
from itertools import chain, repeat
from typing import Any, Never

import httpx
import pytest

from adapters.echo.responder import EchoResponder
from application.get_message import GetMessage
from domain.errors import UnavailableError
from domain.ports.responder import Turn
from domain.reply_events import ReplyEvent, TextDelta
from entrypoints.http import errors
from entrypoints.http.tally import Tally

CANARY = "what somebody wrote"


def test_a_defect_gets_500_and_is_logged_once_without_what_was_said(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any) -> Never:
        raise RuntimeError(CANARY) from ValueError(CANARY)

    monkeypatch.setattr(GetMessage, "__call__", broken)

    path = f"/api/conversations/conv_{'0' * 32}/messages/msg_{'0' * 40}"
    answer = client.get(path, headers={"X-Request-Id": "request-1"})

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    (text,) = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert "GET /api/conversations/{conversation_id}/messages/{message_id} [request-1] failed" in text
    assert "RuntimeError from ValueError" in text
    assert "in broken" in text
    assert CANARY not in text + answer.text


def test_a_responder_that_fails_gets_502_and_the_users_message_is_kept(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def half(_: EchoResponder, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        yield TextDelta(turn.text[:4])
        raise RuntimeError(CANARY)

    key = {"Idempotency-Key": "k-1"}
    with monkeypatch.context() as patch:
        patch.setattr(EchoResponder, "reply", half)
        failed = client.post("/api/chat", json={"message": "Hello there"}, headers=key)
    (conversation,) = client.get("/api/conversations").json()["data"]
    kept = client.get(f"/api/conversations/{conversation['id']}").json()["messages"]
    retried = client.post("/api/chat", json={"message": "Hello there"}, headers=key)

    assert (failed.status_code, failed.json()["code"]) == (502, "responder_failed")
    assert [(one["role"], one["content"], one["status"]) for one in kept] == [
        ("user", "Hello there", "completed"),
        ("assistant", "Hell", "incomplete"),
    ]
    assert (retried.status_code, retried.json()["response"]) == (200, "Echo: Hello there")
    assert retried.json()["user_message"] == kept[0]
    assert CANARY not in caplog.text + failed.text


def test_an_outage_does_not_fill_the_log_and_shows_its_causes(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    causes = chain(repeat(OSError(CANARY), 100), [TimeoutError(CANARY)])

    async def away(*_: Any) -> Never:
        raise UnavailableError from next(causes)

    monkeypatch.setattr(GetMessage, "__call__", away)
    monkeypatch.setattr(errors, "_outages", Tally(logging.getLogger("tests.tally"), "Storage unavailable"))

    path = f"/api/conversations/conv_{'0' * 32}/messages/msg_{'0' * 40}"
    statuses = {client.get(path).status_code for _ in range(101)}

    assert statuses == {503}
    said = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    outage = "Storage unavailable {} time(s) since the last quiet minute: unavailable (UnavailableError from {})"
    assert said == [
        *(outage.format(count, "OSError") for count in (1, 2, 4, 8, 16, 32, 64)),
        outage.format(1, "TimeoutError"),
    ]


def test_what_comes_back_after_a_quiet_minute_is_logged_as_the_first_time(caplog: pytest.LogCaptureFixture) -> None:
    tally = Tally(logging.getLogger("tests.tally"), "Refused", clock=iter((0.0, 1.0, 2.0, 61.0, 121.0)).__next__)

    for _ in range(5):
        tally.count("an outage")

    counts = [record.getMessage().split()[1] for record in caplog.records]
    assert counts == ["1", "2", "4", "1"]
