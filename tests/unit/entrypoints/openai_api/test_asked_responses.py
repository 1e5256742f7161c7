"""What is asked for with a response, on fakes: in the background, after another one, with instructions and metadata."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, override

import httpx
import pytest

from domain.ports.responder import Turn
from domain.reply_events import ReplyEvent
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.others import ScriptedResponder
from tests.support.fakes.service import service_on

PATH = "/v1/responses"


class GatedResponder(ScriptedResponder):
    """Says its last event when the gate is open."""

    def __init__(self, *events: ReplyEvent | str) -> None:
        super().__init__(*events)
        self.gate = asyncio.Event()
        self.gate.set()

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        async with aclosing(super().reply(turn)) as events:
            yield await anext(events)
            await self.gate.wait()
            async for event in events:
                yield event


@pytest.fixture
def responder() -> GatedResponder:
    return GatedResponder("Hi ", "there")


@pytest.fixture
async def client(responder: GatedResponder) -> AsyncIterator[httpx.AsyncClient]:
    async with service_on(FakeWorld(responder=responder)) as client:
        yield client


async def asked(client: httpx.AsyncClient, **body: Any) -> Any:
    answer = await client.post(PATH, json={"input": "Hello", **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def read(client: httpx.AsyncClient, response_id: str) -> Any:
    return (await client.get(f"{PATH}/{response_id}")).raise_for_status().json()


def events_of(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]


async def test_a_background_response_is_told_at_once_and_goes_on(
    client: httpx.AsyncClient, responder: GatedResponder
) -> None:
    responder.gate.clear()

    begun = await asked(client, background=True)
    running = await read(client, begun["id"])
    responder.gate.set()
    events = events_of(await client.get(f"{PATH}/{begun['id']}?stream=true&starting_after=1"))
    ended = await read(client, begun["id"])

    assert (begun["status"], begun["background"], begun["output"]) == ("in_progress", True, [])
    assert running == begun
    assert [one["sequence_number"] for one in events] == list(range(2, 10))
    assert events[-1]["response"] == ended
    assert (ended["status"], ended["background"]) == ("completed", True)
    assert ended["output"][0]["content"][0]["text"] == "Hi there"


async def test_a_background_response_is_cancelled(client: httpx.AsyncClient, responder: GatedResponder) -> None:
    responder.gate.clear()
    begun = await asked(client, background=True)

    cancelled = (await client.post(f"{PATH}/{begun['id']}/cancel")).json()

    assert (cancelled["status"], cancelled["background"]) == ("cancelled", True)
    assert await read(client, begun["id"]) == cancelled


async def test_a_response_that_runs_has_input_and_is_not_deleted(
    client: httpx.AsyncClient, responder: GatedResponder
) -> None:
    responder.gate.clear()
    begun = await asked(client, background=True)

    refused = await client.delete(f"{PATH}/{begun['id']}")
    listed = (await client.get(f"{PATH}/{begun['id']}/input_items")).json()

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "conversation_locked")
    assert await read(client, begun["id"]) == begun
    assert ([one["role"] for one in listed["data"]], listed["has_more"]) == (["user"], False)


async def test_a_background_response_may_be_streamed_as_well(client: httpx.AsyncClient) -> None:
    events = events_of(await client.post(PATH, json={"input": "Hello", "background": True, "stream": True}))

    assert [events[0]["type"], events[-1]["type"]] == ["response.created", "response.completed"]
    assert {one["response"]["background"] for one in events if "response" in one} == {True}
    assert await read(client, events[0]["response"]["id"]) == events[-1]["response"]


async def test_a_retry_of_a_background_response_gets_the_same_answer(client: httpx.AsyncClient) -> None:
    client.headers["Idempotency-Key"] = "key-1"

    first = await asked(client, background=True)
    await client.get(f"{PATH}/{first['id']}?stream=true")
    again = await client.post(PATH, json={"input": "Hello", "background": True})

    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first, "true")


async def test_a_response_goes_on_from_the_one_before(client: httpx.AsyncClient) -> None:
    first = await asked(client)

    second = await asked(client, previous_response_id=first["id"])

    assert second["conversation"] == first["conversation"]
    assert (first["previous_response_id"], second["previous_response_id"]) == (None, first["id"])
    assert await read(client, second["id"]) == second


async def test_a_response_that_is_not_the_latest_is_refused_with_what_to_do(client: httpx.AsyncClient) -> None:
    first = await asked(client)
    second = await asked(client, previous_response_id=first["id"])
    items = f"/v1/conversations/{first['conversation']['id']}/items"
    refused = [await client.post(PATH, json={"input": "Hello", "previous_response_id": first["id"]})]
    await client.post(items, json={"items": [{"role": "user", "content": "Wait"}]})

    refused.append(await client.post(PATH, json={"input": "Hello", "previous_response_id": second["id"]}))

    errors = [one.json()["error"] for one in refused]
    assert [one.status_code for one in refused] == [400, 400]
    assert {(one["param"], one["code"]) for one in errors} == {("previous_response_id", "invalid_value")}
    assert "Give conversation instead" in errors[0]["message"]
    assert len((await client.get(items)).json()["data"]) == 5


async def test_a_retry_gets_its_response_though_that_is_the_latest_now(client: httpx.AsyncClient) -> None:
    first = await asked(client)
    client.headers["Idempotency-Key"] = "key-1"

    second, again = [await asked(client, previous_response_id=first["id"]) for _ in range(2)]

    assert again == second


async def test_what_is_no_response_is_not_followed(client: httpx.AsyncClient) -> None:
    first = await asked(client)
    turn = f"{first['id'][:-8]}00000001"

    answers = [
        await client.post(PATH, json={"input": "x", "previous_response_id": missing})
        for missing in (turn, "resp_1", f"resp_{'0' * 40}", first["conversation"]["id"])
    ]

    assert {one.status_code for one in answers} == {400}
    assert {one.json()["error"]["code"] for one in answers} == {"previous_response_not_found"}
    assert len({one.text for one in answers}) == 1


async def test_instructions_are_told_by_the_response_and_are_not_kept(
    client: httpx.AsyncClient, responder: GatedResponder
) -> None:
    first = await asked(client, instructions="Be brief.")
    second = await asked(client, instructions="", previous_response_id=first["id"])

    assert [one.instructions for one in responder.turns] == ["Be brief.", None]
    assert (first["instructions"], second["instructions"]) == ("Be brief.", None)
    assert (await read(client, first["id"]))["instructions"] is None
    items = (await client.get(f"/v1/conversations/{first['conversation']['id']}/items")).json()["data"]
    assert {one["role"] for one in items} == {"user", "assistant"}


async def test_metadata_is_the_responses_own(client: httpx.AsyncClient) -> None:
    first = await asked(client, metadata={"topic": "Rome"})

    assert first["metadata"] == {"topic": "Rome"}
    assert await read(client, first["id"]) == first
    assert (await client.get(f"/v1/conversations/{first['conversation']['id']}")).json()["metadata"] == {}


async def test_several_items_are_one_turn(client: httpx.AsyncClient, responder: GatedResponder) -> None:
    parts = [{"type": "input_text", "text": "And now?"}]

    response = await asked(client, input=[{"role": "user", "content": "Hello"}, {"role": "user", "content": parts}])

    assert [one.text for one in responder.turns] == ["And now?"]
    items = (await client.get(f"/v1/conversations/{response['conversation']['id']}/items?order=asc")).json()["data"]
    assert [one["content"][0]["text"] for one in items] == ["Hello", "And now?", "Hi there"]


@pytest.mark.parametrize(
    "item",
    [
        {"role": "assistant", "content": "I am the assistant"},
        {"role": "developer", "content": "Obey"},
        {"type": "function_call_output", "call_id": "a", "output": "1"},
    ],
    ids=["assistant", "developer", "output"],
)
async def test_a_session_alone_adds_what_a_user_says(client: httpx.AsyncClient, item: Any) -> None:
    for items in ([item], [item, {"role": "user", "content": "Hello"}]):
        answer = await client.post(PATH, json={"input": items})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "role_not_allowed")
    assert (await client.get("/v1/conversations")).json()["data"] == []
