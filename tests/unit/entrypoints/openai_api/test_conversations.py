"""Conversations on fakes: their shapes, the list that is ours, and what is refused."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.fakes.application import FakeWorld
from tests.support.fakes.service import service_on

PATH = "/v1/conversations"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with service_on(FakeWorld()) as client:
        yield client


async def create(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = (await client.post(PATH, json=body)).raise_for_status().json()
    return made


async def test_a_conversation_is_created_read_changed_and_deleted(client: httpx.AsyncClient) -> None:
    made = await client.post(PATH, json={"metadata": {"a": "1"}, "items": [{"role": "user", "content": "Hello"}]})
    place = f"{PATH}/{made.json()['id']}"
    read = await client.get(place)
    changed = await client.post(place, json={"metadata": {"b": "2"}})
    emptied = await client.post(place, json={"metadata": None})
    deleted = await client.delete(place)
    gone = await client.get(place)

    assert (made.status_code, made.json().keys()) == (200, {"id", "object", "created_at", "metadata"})
    assert (made.json()["object"], made.json()["metadata"]) == ("conversation", {"a": "1"})
    assert isinstance(made.json()["created_at"], int)
    assert read.json() == made.json()
    assert changed.json() == {**made.json(), "metadata": {"b": "2"}}
    assert emptied.json() == {**made.json(), "metadata": {}}
    assert deleted.json() == {"id": made.json()["id"], "object": "conversation.deleted", "deleted": True}
    assert gone.status_code == 404


@pytest.mark.parametrize("body", [{}, {"items": None, "metadata": None}, {"items": []}])
async def test_a_conversation_may_begin_empty(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    made = await create(client, **body)

    assert made["metadata"] == {}
    items = await client.get(f"{PATH}/{made['id']}/items")
    assert items.json() == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


async def test_what_was_created_under_a_key_is_answered_again(client: httpx.AsyncClient) -> None:
    client.headers["Idempotency-Key"] = "key-1"
    first = await client.post(PATH, json={})
    again = await client.post(PATH, json={}, headers={"X-Stainless-Retry-Count": "1"})
    other = await client.post(PATH, json={"metadata": {"a": "1"}})

    assert again.json() == first.json()
    assert [one.headers.get("Idempotent-Replayed") for one in (first, again)] == [None, "true"]
    assert (other.status_code, other.json()["error"]["code"]) == (400, "idempotency_key_reused")


async def test_conversations_are_listed_latest_activity_first_and_each_once(client: httpx.AsyncClient) -> None:
    made = [(await create(client, items=[{"role": "user", "content": f"text {n}"}]))["id"] for n in range(5)]
    await client.post(f"{PATH}/{made[1]}/items", json={"items": [{"role": "user", "content": "again"}]})

    pages, after = list[dict[str, Any]](), dict[str, str]()
    while True:
        page = (await client.get(PATH, params={"limit": 2, **after})).json()
        pages.append(page)
        if not page["has_more"]:
            break
        after = {"after": page["last_id"]}
        await client.post(f"{PATH}/{page['data'][-1]['id']}/items", json={"items": [{"role": "user", "content": "x"}]})

    assert [one["id"] for page in pages for one in page["data"]] == [made[n] for n in (1, 4, 3, 2, 0)]
    assert pages[0]["data"][0]["title"] == "text 1"
    assert pages[0]["data"][0]["updated_at"] >= pages[0]["data"][0]["created_at"]
    assert (pages[-1]["object"], pages[-1]["last_id"] is not None) == ("list", True)


@pytest.mark.parametrize(
    ("method", "rest", "body", "param", "code"),
    [
        ("POST", "", {"item": []}, "item", "unknown_parameter"),
        ("POST", "", {"items": {}}, "items", "invalid_type"),
        ("POST", "", {"metadata": {"a": 1}}, "metadata", "invalid_value"),
        ("POST", "", {"metadata": {"a" * 65: ""}}, "metadata", "invalid_value"),
        ("POST", "", {"metadata": {"a": "b" * 513}}, "metadata", "invalid_value"),
        ("POST", "", {"metadata": {str(n): "" for n in range(17)}}, "metadata", "object_above_max_properties"),
        ("POST", "", {"metadata": {"a": "\0"}}, "metadata", "invalid_value"),
        ("POST", "/{id}", {}, "metadata", "missing_required_parameter"),
        ("POST", "/{id}/items", {}, "items", "missing_required_parameter"),
        ("POST", "/{id}/items", {"items": []}, "items", "invalid_value"),
        ("POST", "/{id}/items", {"items": [{"role": "user", "content": "x"}] * 101}, "items", "invalid_value"),
        ("GET", "?limit=0", None, "limit", "invalid_value"),
        ("GET", "?limit=101", None, "limit", "invalid_value"),
        ("GET", "?after=conv_1", None, "after", "invalid_cursor"),
        ("GET", "?after=conv_{zeros}-fffffffffffffff", None, "after", "invalid_cursor"),
        ("GET", "/{id}/items?limit=0", None, "limit", "invalid_value"),
        ("GET", "/{id}/items?limit=1&limit=1", None, "limit", "invalid_value"),
        ("GET", "/{id}/items?order=sideways", None, "order", "invalid_value"),
    ],
)
async def test_what_breaks_a_rule_is_refused_by_its_name(
    client: httpx.AsyncClient, method: str, rest: str, body: Any, param: str, code: str
) -> None:
    path = PATH + rest.format(id=(await create(client))["id"], zeros="0" * 32)

    answer = await client.request(method, path, json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code)
    assert error["message"].startswith(param)
    assert "sideways" not in error["message"]


async def test_a_session_alone_adds_what_a_user_says_and_nothing_else(client: httpx.AsyncClient) -> None:
    items: list[dict[str, Any]] = [
        {"role": "assistant", "content": "x"},
        {"role": "system", "content": "x"},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
        {"type": "what_comes_next", "role": "user"},
    ]
    path = f"{PATH}/{(await create(client))['id']}/items"
    said = {"role": "user", "content": "x"}

    answers = [await client.post(path, json={"items": [said, item]}) for item in items]
    answers += [await client.post(PATH, json={"items": [item]}) for item in items]

    assert {(one.status_code, one.json()["error"]["code"]) for one in answers} == {(403, "role_not_allowed")}
    assert (await client.get(path)).json()["data"] == []
    assert (await client.post(path, json={"items": [said]})).status_code == 200
