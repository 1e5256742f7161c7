"""Removing messages over HTTP: what is gone, what stays, and what a retry gets."""

import asyncio
import json
from typing import Any

import httpx

from domain.identifiers import parse_conversation_id
from domain.message import NewMessage
from domain.principal import Principal
from entrypoints.embedded import open_application
from entrypoints.settings import Settings
from tests.security.calls import message_id, missing_id, seen
from tests.support.histories import assistant, calls, result


def begin(client: httpx.Client, *texts: str, headers: dict[str, str] | None = None) -> str:
    """A conversation in which these were said; its path."""
    messages = [{"role": "user", "content": text} for text in texts]
    answer = client.post("/api/conversations", json={"messages": messages}, headers=headers)
    location: str = answer.raise_for_status().headers["Location"]
    return location


def address(path: str, seq: int) -> str:
    return f"{path}/messages/{message_id(path.rpartition('/')[2], seq)}"


def read(client: httpx.Client, path: str, **query: int) -> Any:
    return client.get(f"{path}/messages", params=query).raise_for_status().json()


def seqs(page: Any) -> list[int]:
    return [message["seq"] for message in page["data"]]


async def write(settings: Settings, owner: str, path: str, *messages: NewMessage) -> None:
    conversation_id = parse_conversation_id(path.rpartition("/")[2])
    assert conversation_id is not None
    async with open_application(settings) as app:
        await app.append_messages(Principal.agent(on_behalf_of=owner), conversation_id, messages)


def test_a_removed_message_is_as_one_that_never_was(client: httpx.Client) -> None:
    path = begin(client, "one", "two", "three")

    removed = client.delete(address(path, 2))

    assert (removed.status_code, removed.content) == (204, b"")
    again, gone = client.delete(address(path, 2)), client.get(address(path, 2))
    assert seen(gone) == seen(client.get(address(path, 9))) == seen(client.get(address(missing_place(), 2)))
    assert seen(again) == seen(client.delete(address(path, 9))) == seen(client.delete(address(missing_place(), 2)))
    assert (gone.status_code, again.status_code) == (404, 404)
    assert gone.json()["code"] == again.json()["code"] == "message_not_found"
    assert seqs(read(client, path)) == [1, 3]


def missing_place() -> str:
    return f"/api/conversations/{missing_id()}"


def test_places_stay_and_no_seq_is_used_again(client: httpx.Client) -> None:
    path = begin(client, "one", "two", "three")
    etag = client.get(path).headers["ETag"]

    client.delete(address(path, 3)).raise_for_status()

    assert client.get(path).headers["ETag"] == etag
    assert client.get(path).json()["last_seq"] == 3
    body = {"messages": [{"role": "user", "content": "four"}]}
    appended = client.post(f"{path}/messages", json=body, headers={"If-Match": etag})
    assert seqs(appended.json()) == [4]
    assert seqs(read(client, path)) == [1, 2, 4]


def test_pages_contexts_exports_and_titles_pass_over_removed_messages(client: httpx.Client) -> None:
    path = begin(client, "a secret", *(f"text {n}" for n in range(2, 10)))

    for seq in (1, 4, 5, 9):
        client.delete(address(path, seq)).raise_for_status()

    newest, older = read(client, path, limit=3), read(client, path, limit=3, before=6)
    assert [(seqs(page), page["has_more_before"], page["has_more_after"]) for page in (newest, older)] == [
        ([6, 7, 8], True, False),
        ([2, 3], False, True),
    ]
    assert seqs(read(client, path, around=4, limit=3)) == [3, 6, 7]
    conversation = client.get(path).json()
    assert (conversation["title"], conversation["has_more"], conversation["last_seq"]) == ("text 2", False, 9)
    context = client.get(f"{path}/context", params={"max_messages": 2}).json()
    assert ([one["content"] for one in context["messages"]], context["last_seq"], context["omitted"]) == (
        ["text 8"],
        9,
        4,
    )
    exported = client.get("/api/export")
    lines = [json.loads(line) for line in exported.content.splitlines()]
    mine = [line["seq"] for line in lines if line.get("conversation_id") == conversation["id"]]
    assert mine == [2, 3, 6, 7, 8]
    assert "a secret" not in exported.text + client.get(path).text + client.get("/api/conversations").text


def test_a_person_removes_what_an_agent_wrote_and_calls_go_with_their_results(
    client: httpx.Client, settings: Settings
) -> None:
    path, owner = begin(client, "weather?"), client.get("/api/me").json()["user_id"]
    asyncio.run(write(settings, owner, path, calls("a", "b"), result("b"), assistant("one moment"), calls("c")))

    assert client.delete(address(path, 3)).status_code == 204

    assert seqs(read(client, path)) == [1, 4, 5]
    asyncio.run(write(settings, owner, path, result("c")))
    assert [one["role"] for one in client.get(f"{path}/context").json()["messages"]] == [
        "user",
        "assistant",
        "assistant",
        "tool",
    ]


def test_a_retry_of_an_append_gets_what_remains_and_writes_nothing(client: httpx.Client) -> None:
    path, key = begin(client), {"Idempotency-Key": "append-1"}
    body = {"messages": [{"role": "user", "content": text} for text in ("one", "two")]}
    first = client.post(f"{path}/messages", json=body, headers=key).json()

    client.delete(address(path, 1)).raise_for_status()
    second = client.post(f"{path}/messages", json=body, headers=key)
    client.delete(address(path, 2)).raise_for_status()
    third = client.post(f"{path}/messages", json=body, headers=key)

    assert (second.status_code, second.headers["Idempotent-Replayed"]) == (201, "true")
    assert second.json() == {"data": [first["data"][1]]}
    assert (third.status_code, third.json()) == (201, {"data": []})
    assert seqs(read(client, path)) == []


def test_a_retry_of_a_chat_whose_messages_are_removed_finds_nothing_and_writes_nothing(client: httpx.Client) -> None:
    for seq in (1, 2):
        body, key = {"message": "hello"}, {"Idempotency-Key": f"chat-{seq}"}
        turn = client.post("/api/chat", json=body, headers=key).raise_for_status().json()
        path = f"/api/conversations/{turn['conversation_id']}"
        client.delete(address(path, seq)).raise_for_status()

        again = client.post("/api/chat", json=body, headers=key)

        assert again.status_code == 404
        assert seqs(read(client, path)) == [3 - seq]


def test_a_title_that_a_person_gave_stays(client: httpx.Client) -> None:
    path = begin(client, "one")
    client.patch(path, json={"title": "one"}).raise_for_status()

    client.delete(address(path, 1)).raise_for_status()

    assert client.get(path).json()["title"] == "one"
