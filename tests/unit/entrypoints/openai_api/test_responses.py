"""Responses on fakes: what is taken, what is refused, what a failure and another's reply answer."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, override

import httpx
import pytest

from domain.identifiers import format_conversation_id
from domain.ports.responder import Turn
from domain.reply_events import ReplyEvent
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.begun import begin
from tests.support.fakes.others import ScriptedResponder
from tests.support.fakes.service import service_on
from tests.support.histories import user

PATH = "/v1/responses"


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld(responder=ScriptedResponder("Hi ", "there"))


@pytest.fixture
async def client(world: FakeWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with service_on(world) as client:
        yield client


@pytest.mark.parametrize(
    "given",
    [
        "Hello",
        [{"role": "user", "content": "Hello"}],
        [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}],
    ],
)
async def test_a_turn_is_answered_and_both_are_items_of_a_conversation(client: httpx.AsyncClient, given: Any) -> None:
    body = {"model": "echo", "input": given, "temperature": 0.5, "truncation": "auto", "what_comes_next": 1}

    answer = await client.post(PATH, json=body)

    response = answer.json()
    assert (answer.status_code, response["status"], response["object"]) == (200, "completed", "response")
    items = (await client.get(f"/v1/conversations/{response['conversation']['id']}/items?order=asc")).json()["data"]
    assert items[1:] == response["output"]
    assert [one["content"][0]["text"] for one in items] == ["Hello", "Hi there"]
    assert (await client.get(f"{PATH}/{response['id']}")).json() == response
    assert (await client.post(f"{PATH}/{response['id']}/cancel")).json() == response


async def test_a_conversation_goes_on_however_it_is_named(client: httpx.AsyncClient, world: FakeWorld) -> None:
    place = format_conversation_id(await begin(world, user()))

    for named in (place, {"id": place}):
        answer = await client.post(PATH, json={"input": "Hello", "conversation": named})
        assert answer.json()["conversation"] == {"id": place}

    assert len((await client.get(f"/v1/conversations/{place}/items")).json()["data"]) == 5


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({}, "input", "missing_required_parameter"),
        ({"input": ""}, "input", "invalid_value"),
        ({"input": 5}, "input", "invalid_type"),
        ({"input": []}, "input", "invalid_value"),
        ({"input": [{"role": "user"}]}, "input[0].content", "missing_required_parameter"),
        ({"input": [{"role": "user", "content": ""}]}, "input", "invalid_value"),
        ({"input": [{"role": "user", "content": []}]}, "input", "invalid_value"),
        ({"input": [{"id": "msg_1", "type": "item_reference"}]}, "input[0].type", "invalid_value"),
        ({"input": "x", "instructions": ["Be brief."]}, "instructions", "invalid_type"),
        ({"input": "x", "instructions": " "}, "instructions", "invalid_value"),
        ({"input": "x", "previous_response_id": "resp_1"}, "previous_response_id", "previous_response_not_found"),
        (
            {"input": "x", "previous_response_id": "resp_1", "conversation": "conv_1"},
            "previous_response_id",
            "mutually_exclusive_parameters",
        ),
        ({"input": "x", "tools": [{"type": "web_search"}]}, "tools", "invalid_value"),
        ({"input": "x", "metadata": {"a": 1}}, "metadata", "invalid_value"),
        ({"input": "x", "store": False}, "store", "invalid_value"),
        ({"input": "x", "text": {"format": {"type": "json_object"}}}, "text.format", "unsupported_value"),
    ],
    ids=str,
)
async def test_what_cannot_be_had_is_refused_and_nothing_is_written(
    client: httpx.AsyncClient, body: dict[str, Any], param: str, code: str
) -> None:
    answer = await client.post(PATH, json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code)
    assert (await client.get("/v1/conversations")).json()["data"] == []


async def test_another_model_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json={"model": "gpt-5", "input": "Hello"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


async def test_a_reply_that_fails_is_a_failed_response_that_no_client_repeats(
    client: httpx.AsyncClient, world: FakeWorld
) -> None:
    world.responder.failure = RuntimeError("what somebody wrote")

    answer = await client.post(PATH, json={"input": "Hello"})
    streamed = await client.post(PATH, json={"input": "Hello", "stream": True})

    assert (answer.status_code, answer.json()["status"]) == (200, "failed")
    assert answer.json()["error"]["code"] == "server_error"
    assert streamed.text.splitlines()[-3].startswith("event: error")
    assert "what somebody wrote" not in answer.text + streamed.text


async def test_a_retry_under_a_key_gets_the_same_response(client: httpx.AsyncClient) -> None:
    client.headers["Idempotency-Key"] = "key-1"

    first, again = [await client.post(PATH, json={"input": "Hello"}) for _ in range(2)]

    assert first.json() == again.json()
    assert [one.headers.get("Idempotent-Replayed") for one in (first, again)] == [None, "true"]


async def test_what_is_no_reply_of_the_callers_is_not_found(client: httpx.AsyncClient) -> None:
    response_id = (await client.post(PATH, json={"input": "Hello"})).json()["id"]
    turn = f"{response_id[:-8]}00000001"

    for missing in (turn, "resp_1", f"resp_{'0' * 40}", response_id.replace("resp", "msg")):
        answers = [
            await client.get(f"{PATH}/{missing}"),
            await client.get(f"{PATH}/{missing}?stream=true"),
            await client.post(f"{PATH}/{missing}/cancel"),
        ]
        assert {one.status_code for one in answers} == {404}, missing


class LateResponder(ScriptedResponder):
    """Begins later than a request may take."""

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        released = asyncio.Event()
        asyncio.get_running_loop().call_later(0.2, released.set)
        await released.wait()
        async with aclosing(super().reply(turn)) as events:
            async for event in events:
                yield event


async def test_a_plain_response_waits_for_its_reply_however_long_that_takes() -> None:
    async with service_on(FakeWorld(responder=LateResponder("Hi")), request_timeout=0.05) as client:
        answer = await client.post(PATH, json={"input": "Hello"})

    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
