"""Responses as they are kept, on fakes: their input, page by page, and what is left when one is deleted."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from domain.identifiers import format_conversation_id
from domain.response_items import message_of
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.begun import begin
from tests.support.fakes.others import ScriptedResponder
from tests.support.fakes.service import service_on
from tests.support.histories import assistant, result, user

PATH = "/v1/responses"
REASONING: dict[str, Any] = {"type": "reasoning", "id": "rs_1", "summary": []}


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld(responder=ScriptedResponder("Hi"))


@pytest.fixture
async def client(world: FakeWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with service_on(world) as client:
        yield client


async def asked(client: httpx.AsyncClient, **body: Any) -> Any:
    return (await client.post(PATH, json={"input": "Hello", **body})).raise_for_status().json()


async def walk(client: httpx.AsyncClient, response_id: str, **parameters: Any) -> list[list[str]]:
    """The ids of all input, page by page, as OpenAI's clients walk."""
    pages, has_more = list[list[str]](), True
    while has_more:
        page = (await client.get(f"{PATH}/{response_id}/input_items", params=parameters)).raise_for_status().json()
        pages.append([one["id"] for one in page["data"]])
        has_more, parameters["after"] = page["has_more"], page["data"][-1]["id"]
    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 100])
async def test_the_input_is_what_was_there_before_the_response(
    client: httpx.AsyncClient, world: FakeWorld, limit: int
) -> None:
    history = [user("one"), message_of(REASONING), assistant("two", "a", "b"), result("a"), result("b")]
    place = format_conversation_id(await begin(world, *history))
    before = (await client.get(f"/v1/conversations/{place}/items?order=asc")).json()["data"]
    response = await asked(client, conversation=place)
    await asked(client, conversation=place)
    turn = response["output"][0]["id"][:-8] + "00000006"

    ascending = await walk(client, response["id"], order="asc", limit=limit)
    descending = await walk(client, response["id"], limit=limit)

    ids = [*(one["id"] for one in before), turn]
    assert [one for page in ascending for one in page] == ids
    assert [one for page in descending for one in page] == ids[::-1]
    assert all(ascending)
    assert "rs_1" in ids


async def test_a_response_that_is_deleted_leaves_its_items(client: httpx.AsyncClient) -> None:
    first = await asked(client)
    items = f"/v1/conversations/{first['conversation']['id']}/items"
    before = (await client.get(items)).json()

    deleted = await client.delete(f"{PATH}/{first['id']}")

    assert deleted.json() == {"id": first["id"], "object": "response", "deleted": True}
    assert (await client.get(items)).json() == before
    missing = [
        await client.get(f"{PATH}/{first['id']}"),
        await client.get(f"{PATH}/{first['id']}?stream=true"),
        await client.get(f"{PATH}/{first['id']}/input_items"),
        await client.post(f"{PATH}/{first['id']}/cancel"),
        await client.delete(f"{PATH}/{first['id']}"),
    ]
    assert [one.status_code for one in missing] == [404] * 5
    followed = await client.post(PATH, json={"input": "x", "previous_response_id": first["id"]})
    assert (followed.status_code, followed.json()["error"]["code"]) == (400, "previous_response_not_found")
    assert (await asked(client, conversation=first["conversation"]))["status"] == "completed"


async def test_what_is_no_response_has_no_input(client: httpx.AsyncClient) -> None:
    first = await asked(client)
    turn = f"{first['id'][:-8]}00000001"

    for missing in (turn, "resp_1", f"resp_{'0' * 40}"):
        answers = [
            await client.get(f"{PATH}/{missing}/input_items"),
            await client.delete(f"{PATH}/{missing}"),
        ]
        assert {one.status_code for one in answers} == {404}, missing
