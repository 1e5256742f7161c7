"""The HTTP application on fakes: what is public, what has a deadline, what a defect answers."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any, override

import pytest
from litestar import get, post
from litestar.exceptions import ServiceUnavailableException
from litestar.handlers import HTTPRouteHandler
from litestar.types import HTTPDisconnectEvent

from application.running_replies import RunningReplies
from domain.ports.responder import Turn
from domain.reply_events import ReplyEvent
from entrypoints.app import make_litestar
from entrypoints.http import errors
from entrypoints.http.request import ApiRequest
from entrypoints.http.route_options import PUBLIC, WITHOUT_DEADLINE
from entrypoints.http.tally import Tally
from entrypoints.settings import Settings
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.others import ScriptedResponder
from tests.support.fakes.service import service_on


@get("/who")
async def closed_route(request: ApiRequest) -> str:
    return request.principal.owner_id


@get("/public", opt={PUBLIC: True})
async def public_route() -> str:
    return "for all"


@get("/public-with-a-principal", opt={PUBLIC: True})
async def defective_route(request: ApiRequest) -> str:
    return request.principal.owner_id


@get("/unavailable", opt={PUBLIC: True})
async def unavailable_route() -> str:
    raise ServiceUnavailableException


@get("/hangs")
async def hanging_route() -> str:
    await asyncio.Event().wait()
    return "never"


async def test_a_route_is_closed_unless_it_says_that_it_is_public() -> None:
    async with service_on(FakeWorld(), closed_route, public_route) as client:
        known = await client.get("/who")
        del client.headers["Authorization"]
        refused, let_in = await client.get("/who"), await client.get("/public")

    assert (known.status_code, known.json()) == (200, "ann")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert (let_in.status_code, let_in.json()) == (200, "for all")


async def test_a_request_can_be_authenticated_anew() -> None:
    world, found = FakeWorld(), list[str]()

    @get("/lasts")
    async def lasting_route(request: ApiRequest) -> None:
        found.append((await request.authenticate_again()).owner_id)
        world.sessions.clear()
        await request.authenticate_again()

    async with service_on(world, lasting_route) as client:
        answer = await client.get("/lasts")

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert found == ["ann"]


@pytest.mark.parametrize("route", [defective_route, unavailable_route], ids=str)
async def test_an_error_of_the_framework_of_500_and_above_is_a_defect(
    route: HTTPRouteHandler, caplog: pytest.LogCaptureFixture
) -> None:
    (path,) = route.paths

    async with service_on(FakeWorld(), route) as client:
        answer = await client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    (logged,) = [record for record in caplog.records if record.name == "entrypoints.http.errors"]
    assert logged.levelno == logging.ERROR
    assert f"GET {path} " in logged.getMessage()


async def test_a_client_that_leaves_amid_its_body_is_no_defect(caplog: pytest.LogCaptureFixture) -> None:
    async def leave() -> HTTPDisconnectEvent:
        return {"type": "http.disconnect"}

    @post("/left")
    async def left_route(request: ApiRequest) -> None:
        await ApiRequest(request.scope, leave).raw_json()

    async with service_on(FakeWorld(), left_route) as client:
        answer = await client.post("/left", json={})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert [record for record in caplog.records if record.name == "entrypoints.http.errors"] == []


async def test_a_response_that_does_not_begin_in_time_is_503() -> None:
    async with service_on(FakeWorld(), hanging_route, request_timeout=0.01) as client:
        answer = await client.get("/hangs")

    assert (answer.status_code, answer.json()["code"]) == (503, "too_slow")
    assert answer.headers["Retry-After"] == "1"


async def test_a_route_may_do_without_a_deadline() -> None:
    released = asyncio.Event()

    @get("/takes-its-time", opt={WITHOUT_DEADLINE: True})
    async def patient_route() -> str:
        asyncio.get_running_loop().call_later(0.1, released.set)
        await released.wait()
        return "at last"

    async with service_on(FakeWorld(), patient_route, request_timeout=0.01) as client:
        answer = await client.get("/takes-its-time")

    assert (answer.status_code, answer.json()) == (200, "at last")


async def test_the_service_runs_on_the_use_cases_that_it_is_given() -> None:
    async with service_on(FakeWorld()) as client:
        said = await client.post("/api/chat", json={"message": "Hello"})
        listed = await client.get("/api/conversations")

    assert (said.status_code, said.json()["response"]) == (200, "Hi there")
    assert [one["title"] for one in listed.json()["data"]] == ["Hello"]


def test_public_routes_are_these_and_no_others() -> None:
    settings = Settings(database_url="postgresql://nowhere", auth_cookies=False)

    public = {path for path, handler in handlers_of(make_litestar(settings)) if handler.opt.get(PUBLIC)}

    docs = {f"/docs/{name}" for name in ("docs.js", "docs.css", "swagger-ui.js", "swagger-ui.css")}
    assert public == {"/health/live", "/health/ready", "/openapi.json", "/docs", *docs}


def handlers_of(app: Any) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for route in app.routes:
        for handler in route.route_handlers:
            yield route.path, handler


class SlowResponder(ScriptedResponder):
    """Says nothing until it is let."""

    def __init__(self) -> None:
        super().__init__("Hi ", "there")
        self.may_begin = asyncio.Event()

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        await self.may_begin.wait()
        async with aclosing(super().reply(turn)) as pieces:
            async for piece in pieces:
                yield piece


async def test_a_chat_that_outlives_its_request_has_one_reply_under_its_key() -> None:
    responder = SlowResponder()
    async with service_on(FakeWorld(responder=responder), request_timeout=0.4) as client:
        client.headers["Idempotency-Key"] = "k-1"
        late = [await client.post("/api/chat", json={"message": "Hello"}) for _ in range(3)]
        responder.may_begin.set()
        while (answered := await client.post("/api/chat", json={"message": "Hello"})).status_code != 200:
            pass  # on a busy machine this one may be late, too
        read = await client.get(f"/api/conversations/{answered.json()['conversation_id']}")

    place = answered.json()["conversation_id"]
    assert [(one.status_code, one.headers["Location"], one.json()["conversation_id"]) for one in late] == [
        (202, f"/api/chat/{place}/stream", place)
    ] * 3
    assert [one.json()["assistant_message"]["status"] for one in late] == ["in_progress"] * 3
    assert [one.headers.get("Idempotent-Replayed") for one in late] == [None, "true", "true"]
    assert (answered.status_code, answered.json()["response"]) == (200, "Hi there")
    assert answered.headers["Idempotent-Replayed"] == "true"
    assert [(one["role"], one["status"]) for one in read.json()["messages"]] == [
        ("user", "completed"),
        ("assistant", "completed"),
    ]


async def test_a_chat_beyond_what_may_run_at_once_is_refused_with_503(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(errors, "_refusals", Tally(logging.getLogger("tests.tally"), "Refused"))

    async with service_on(FakeWorld(replies=RunningReplies(most=0))) as client:
        answer = await client.post("/api/chat", json={"message": "Hello"})

    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "overloaded", "1")
    assert "Refused 1 time(s) since the last quiet minute: overloaded" in caplog.text


async def test_a_conversation_has_no_etag_while_a_reply_runs_in_it() -> None:
    responder = SlowResponder()
    async with service_on(FakeWorld(responder=responder), request_timeout=0.4) as client:
        late = await client.post("/api/chat", json={"message": "Hello"})
        path = f"/api/conversations/{late.json()['conversation_id']}"
        running = [await client.get(path), await client.patch(path, json={"title": "New"})]
        refused = await client.post(f"{path}/messages", json={"messages": [{"role": "user", "content": "More"}]})
        responder.may_begin.set()
        while (ended := await client.get(path)).json()["messages"][-1]["status"] == "in_progress":
            pass

    assert [one.headers.get("ETag") for one in running] == [None, None]
    assert (refused.status_code, refused.json()["code"]) == (409, "reply_running")
    assert ended.headers["ETag"] == '"2"'
