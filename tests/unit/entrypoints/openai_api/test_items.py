"""Items on fakes: what comes back of each kind, which ids they have, how they are paged."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from domain.identifiers import format_conversation_id
from domain.message import Status
from domain.response_items import message_of
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.begun import begin
from tests.support.fakes.service import service_on
from tests.support.histories import assistant, call_of, calls, result, user
from tests.support.response_items import CHAT_ITEMS, OPAQUE_ITEMS

ITEMS = {**CHAT_ITEMS, **{name: item for name, item in OPAQUE_ITEMS.items() if item.get("type")}}
ASSIGNED = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
}


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
async def client(world: FakeWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with service_on(world) as client:
        yield client


def address(prefix: str, path: str, seq: int, number: str = "") -> str:
    return f"{prefix}_{path.partition('conv_')[2].partition('/')[0]}{seq:08x}{number}"


async def kept(world: FakeWorld, *messages: Any) -> str:
    """The path of the items of a new conversation of Ann's with these messages."""
    return f"/v1/conversations/{format_conversation_id(await begin(world, *messages))}/items"


async def walk(client: httpx.AsyncClient, path: str, **parameters: Any) -> list[list[str]]:
    """The ids of all items, page by page."""
    pages, has_more = list[list[str]](), True
    while has_more:
        page = (await client.get(path, params=parameters)).raise_for_status().json()
        pages.append([one["id"] for one in page["data"]])
        has_more = page["has_more"]
        parameters["after"] = page["last_id"]
    return pages


async def test_an_item_of_any_kind_comes_back_with_all_that_it_had(client: httpx.AsyncClient, world: FakeWorld) -> None:
    path = await kept(world, *(message_of(item) for item in ITEMS.values()))

    read = (await client.get(path, params={"limit": 100, "order": "asc"})).json()["data"]

    assert len(read) == len(ITEMS)
    for seq, (sent, got) in enumerate(zip(ITEMS.values(), read, strict=True), 1):
        kind = sent.get("type", "message")
        own_id = None if kind in ASSIGNED else sent.get("id")
        assert got["id"] == own_id or got["id"] == address(ASSIGNED.get(kind, got["id"].partition("_")[0]), path, seq)
        shaped = {"id", "type", "status", "content", "output"} if kind in ASSIGNED else {"id"}
        assert {name: got[name] for name in sent if name not in shaped} == {
            name: value for name, value in sent.items() if name not in shaped
        }


async def test_texts_become_parts_and_parts_have_what_clients_need(client: httpx.AsyncClient, world: FakeWorld) -> None:
    image = {"type": "input_image", "image_url": "https://a.test/1.png"}
    items: list[dict[str, Any]] = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "hello"},
        {"role": "user", "content": [image, {"type": "input_text", "text": "see"}]},
        {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": [image]},
    ]
    path = await kept(world, *(message_of(item) for item in items))

    read = (await client.get(path, params={"order": "asc"})).json()["data"]

    text = {"type": "output_text", "text": "hello", "annotations": [], "logprobs": []}
    shown = {**image, "detail": "auto"}
    assert [one.get("content", one.get("output")) for one in read] == [
        [{"type": "input_text", "text": "hi"}],
        [text],
        [shown, {"type": "input_text", "text": "see"}],
        None,
        [shown],
    ]
    assert {one["status"] for one in read} == {"completed"}
    assert {one["type"] for one in read[:3]} == {"message"}


async def test_each_text_and_each_call_of_a_message_is_an_item(client: httpx.AsyncClient, world: FakeWorld) -> None:
    path = await kept(world, user(), assistant("one moment", "a", "b"), result("a"))

    ids = [
        address("fco", path, 3),
        address("fc", path, 2, "02"),
        address("fc", path, 2, "01"),
        address("msg", path, 2),
        address("msg", path, 1),
    ]
    for limit in (1, 2, 3, 5):
        pages = await walk(client, path, limit=limit)
        assert [one for page in pages for one in page] == ids
        assert {len(page) for page in pages[:-1]} <= {limit}
        assert [one for page in await walk(client, path, limit=limit, order="asc") for one in page] == ids[::-1]
    second = (await client.get(f"{path}/{ids[1]}")).json()
    assert (second["call_id"], second["name"], second["type"]) == (
        "b",
        call_of("b")["function"]["name"],
        "function_call",
    )
    assert (await client.get(f"{path}/{ids[1][:-2]}03")).status_code == 404
    assert (await client.get(f"{path}/{address('msg', path, 2, '01')}")).status_code == 404


async def test_messages_without_items_are_not_the_end(client: httpx.AsyncClient, world: FakeWorld) -> None:
    silent = [assistant("", status=Status.FAILED)] * 3
    path = await kept(world, user(), *silent, user("again"), *silent)

    assert await walk(client, path, limit=1) == [[address("msg", path, 5)], [address("msg", path, 1)]]
    assert (await walk(client, path, limit=1, order="asc"))[:2] == [
        [address("msg", path, 1)],
        [address("msg", path, 5)],
    ]


async def test_an_item_that_keeps_its_id_is_found_by_it_and_by_its_address(
    client: httpx.AsyncClient, world: FakeWorld
) -> None:
    path = await kept(world, user(), message_of(OPAQUE_ITEMS["reasoning"]), user())

    page = (await client.get(path, params={"limit": 2})).json()
    by_id, by_address = await client.get(f"{path}/rs_1"), await client.get(f"{path}/{page['last_id']}")
    after_id = (await client.get(path, params={"after": "rs_1"})).json()
    deleted = await client.delete(f"{path}/rs_1")

    assert page["data"][-1]["id"] == "rs_1"
    assert page["last_id"] == address("rs", path, 2)
    assert by_id.json() == by_address.json() == OPAQUE_ITEMS["reasoning"]
    assert [one["id"] for one in after_id["data"]] == [address("msg", path, 1)]
    assert deleted.status_code == 200
    assert (await client.get(f"{path}/rs_1")).status_code == 404


async def test_the_id_of_a_message_is_ours_whatever_its_client_calls_it(
    client: httpx.AsyncClient, world: FakeWorld
) -> None:
    fake = {"type": "message", "id": "__fake_id__", "role": "user", "content": "hi"}
    path = await kept(world, message_of(fake), message_of(fake))

    assert await walk(client, path) == [[address("msg", path, 2), address("msg", path, 1)]]
    assert (await client.get(f"{path}/__fake_id__")).status_code == 404


async def test_a_message_that_was_cut_off_is_incomplete(client: httpx.AsyncClient, world: FakeWorld) -> None:
    path = await kept(world, user(), assistant("It is", status=Status.INCOMPLETE))

    (said, _) = (await client.get(path)).json()["data"]

    assert (said["status"], said["content"][0]["text"]) == ("incomplete", "It is")


async def test_a_walk_goes_on_behind_an_item_that_is_removed(client: httpx.AsyncClient, world: FakeWorld) -> None:
    path = await kept(world, user(), user(), user())
    page = (await client.get(path, params={"limit": 2, "order": "asc"})).json()

    await client.delete(f"{path}/{page['last_id']}")

    assert await walk(client, path, order="asc", after=page["last_id"]) == [[address("msg", path, 3)]]


async def test_a_rewind_takes_items_back_one_by_one(client: httpx.AsyncClient, world: FakeWorld) -> None:
    path = await kept(world, user(), calls("a"), calls("b"), result("a"), result("b"))

    for left in (4, 3, 2, 1):
        newest = (await client.get(path, params={"limit": 1})).json()["data"][0]["id"]
        deleted = await client.delete(f"{path}/{newest}")

        assert deleted.json()["object"] == "conversation"
        assert len((await client.get(path)).json()["data"]) == left


@pytest.mark.parametrize(
    ("item", "param", "code"),
    [
        ({}, "items[0].role", "missing_required_parameter"),
        ({"__enc__": 1}, "items[0].role", "missing_required_parameter"),
        ({"role": "user"}, "items[0].content", "missing_required_parameter"),
        ({"role": "tool", "content": "x"}, "items[0].role", "invalid_value"),
        ({"role": "critic", "content": "x"}, "items[0].role", "invalid_value"),
        ({"role": ["user"], "content": "x"}, "items[0].role", "invalid_type"),
        ({"role": "user", "content": 5}, "items[0].content", "invalid_type"),
        ({"role": "user", "content": ["x"]}, "items[0].content", "invalid_type"),
        ({"type": 1}, "items[0].type", "invalid_value"),
        ({"type": "function_call", "call_id": 5, "name": "f", "arguments": ""}, "items[0].call_id", "invalid_type"),
        ({"type": "item_reference", "id": "msg_1"}, "items[0].type", "invalid_value"),
        ({"type": "function_call", "call_id": "a", "name": "f"}, "items[0].arguments", "missing_required_parameter"),
        ({"type": "function_call_output", "output": "x"}, "items[0].call_id", "missing_required_parameter"),
        ("text", "items[0]", "invalid_type"),
    ],
    ids=str,
)
async def test_a_bad_item_is_refused_by_its_place(
    client: httpx.AsyncClient, world: FakeWorld, item: Any, param: str | None, code: str
) -> None:
    path = await kept(world)

    answer = await client.post(path, json={"items": [item]})

    assert (answer.status_code, answer.json()["error"]["param"], answer.json()["error"]["code"]) == (400, param, code)
