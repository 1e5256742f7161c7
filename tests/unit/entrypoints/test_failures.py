"""Failures behind the API: the right response, and nothing of what people wrote in the log."""

import logging
from collections.abc import AsyncGenerator, Callable
from itertools import chain, repeat
from typing import Any, Never, override

import pytest

from domain.conversation import Conversation
from domain.errors import OwnerBusyError, UnavailableError
from domain.identifiers import OwnerId
from domain.message import Message
from entrypoints.http import errors
from entrypoints.http.tally import Tally
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.others import ScriptedResponder
from tests.support.fakes.owner_archive import InMemoryOwnerArchive
from tests.support.fakes.service import service_on

CANARY = "what somebody wrote"
MESSAGE = f"/api/conversations/conv_{'0' * 32}/messages/msg_{'0' * 40}"


class FailingRepository(InMemoryConversationRepository):
    """Fails when a message is read."""

    def __init__(self, fail: Callable[[], Never]) -> None:
        super().__init__()
        self._fail = fail

    @override
    async def message(self, *_: Any) -> Message:
        self._fail()


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]


async def test_a_defect_gets_500_and_is_logged_once_without_what_was_said(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Never:
        raise RuntimeError(CANARY) from ValueError(CANARY)

    async with service_on(FakeWorld(conversations=FailingRepository(broken))) as client:
        answer = await client.get(MESSAGE, headers={"X-Request-Id": "request-1"})

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    (text,) = logged(caplog)
    assert "GET /api/conversations/{conversation_id}/messages/{message_id} [request-1] failed" in text
    assert "RuntimeError from ValueError" in text
    assert "in broken" in text
    assert CANARY not in text + answer.text


async def test_a_responder_that_fails_gets_502_and_the_users_message_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    responder = ScriptedResponder("Hell", failure=RuntimeError(CANARY))

    async with service_on(FakeWorld(responder=responder)) as client:
        client.headers["Idempotency-Key"] = "k-1"
        failed = await client.post("/api/chat", json={"message": "Hello there"})
        (conversation,) = (await client.get("/api/conversations")).json()["data"]
        kept = (await client.get(f"/api/conversations/{conversation['id']}")).json()["messages"]
        responder.failure = None
        retried = await client.post("/api/chat", json={"message": "Hello there"})

    assert (failed.status_code, failed.json()["code"]) == (502, "responder_failed")
    assert [(one["role"], one["content"], one["status"]) for one in kept] == [
        ("user", "Hello there", "completed"),
        ("assistant", "Hell", "incomplete"),
    ]
    assert (retried.status_code, retried.json()["response"]) == (200, "Hell")
    assert retried.json()["user_message"] == kept[0]
    assert CANARY not in caplog.text + failed.text


class AwayArchive(InMemoryOwnerArchive):
    """The storage is away once all was read."""

    @override
    async def entries(self, owner_id: OwnerId) -> AsyncGenerator[Conversation | Message, None]:
        async for entry in super().entries(owner_id):
            yield entry
        raise UnavailableError


async def test_an_export_that_cannot_begin_gets_503() -> None:
    async with service_on(FakeWorld(archive=AwayArchive(InMemoryConversationRepository()))) as client:
        answers = [await client.get("/api/export") for _ in range(2)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "unavailable")] * 2


async def test_an_outage_does_not_fill_the_log_and_shows_its_causes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    causes = chain(repeat(OSError(CANARY), 100), [TimeoutError(CANARY)])

    def away() -> Never:
        raise UnavailableError from next(causes)

    monkeypatch.setattr(errors, "_outages", Tally(logging.getLogger("tests.tally"), "Storage unavailable"))

    async with service_on(FakeWorld(conversations=FailingRepository(away))) as client:
        statuses = {(await client.get(MESSAGE)).status_code for _ in range(101)}

    assert statuses == {503}
    outage = "Storage unavailable {} time(s) since the last quiet minute: unavailable (UnavailableError from {})"
    assert logged(caplog) == [
        *(outage.format(count, "OSError") for count in (1, 2, 4, 8, 16, 32, 64)),
        outage.format(1, "TimeoutError"),
    ]


async def test_an_owner_who_asks_too_much_at_once_is_refused_and_no_outage_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def busy() -> Never:
        raise OwnerBusyError

    monkeypatch.setattr(errors, "_refusals", Tally(logging.getLogger("tests.tally"), "Refused"))

    async with service_on(FakeWorld(conversations=FailingRepository(busy))) as client:
        answer = await client.get(MESSAGE)

    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "overloaded", "1")
    assert logged(caplog) == ["Refused 1 time(s) since the last quiet minute: overloaded"]
