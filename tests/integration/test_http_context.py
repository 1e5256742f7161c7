"""The context of a model over HTTP, of conversations that a person and an agent runtime write."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from domain.identifiers import parse_conversation_id
from domain.message import NewMessage, Status
from domain.principal import Principal
from entrypoints.embedded import open_application
from entrypoints.settings import Settings
from tests.support.histories import assistant, call_of, calls, result, system, user
from tests.support.strict_provider import refusal


def begin(client: httpx.Client) -> str:
    """A new conversation; its path."""
    location: str = client.post("/api/conversations", json={}).raise_for_status().headers["Location"]
    return location


def write(settings: Settings, client: httpx.Client, path: str, messages: Sequence[NewMessage]) -> None:
    """Append messages as the runtime does, on behalf of the client's user."""
    asyncio.run(append(settings, Principal.agent(on_behalf_of=client.get("/api/me").json()["user_id"]), path, messages))


async def append(settings: Settings, agent: Principal, path: str, messages: Sequence[NewMessage]) -> None:
    conversation_id = parse_conversation_id(path.rpartition("/")[2])
    assert conversation_id is not None
    async with open_application(settings) as app:
        for first in range(0, len(messages), 100):
            await app.append_messages(agent, conversation_id, messages[first : first + 100])


def context(client: httpx.Client, path: str, **query: int) -> Any:
    answer = client.get(f"{path}/context", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_context_is_what_a_provider_accepts(client: httpx.Client, settings: Settings) -> None:
    path = begin(client)
    history = [system("Be brief."), user("Weather?"), calls("a", "b"), assistant("One moment."), result("b", "Sunny")]
    write(settings, client, path, [*history, user("Never mind.")])
    write(settings, client, path, [assistant("Well", status=Status.IN_PROGRESS)])

    found = context(client, path)

    interrupted = "No result: the user's next message interrupted this call."
    assert found == {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather?"},
            {"role": "assistant", "content": None, "tool_calls": [call_of("a"), call_of("b")]},
            {"role": "tool", "content": "Sunny", "tool_call_id": "b"},
            {"role": "tool", "content": interrupted, "tool_call_id": "a"},
            {"role": "assistant", "content": "One moment."},
            {"role": "user", "content": "Never mind."},
        ],
        "last_seq": 6,
        "omitted": 0,
    }
    assert refusal(found["messages"]) is None


def test_a_long_conversation_shows_its_instructions_and_its_newest_messages(
    client: httpx.Client, settings: Settings
) -> None:
    path = begin(client)
    turns = [one for n in range(400) for one in (user(f"u{n}"), assistant(f"a{n}"))]
    write(settings, client, path, [system("s"), *turns])
    newest = client.get(f"{path}/messages", params={"limit": 200}).json()["data"]

    found = context(client, path, max_messages=50)
    whole = context(client, path, max_messages=1000)
    few = context(client, path, max_tokens=200)

    assert found["messages"][0] == {"role": "system", "content": "s"}
    assert found["messages"][1]["role"] == "user"
    taken = found["messages"][1:]
    assert 37 <= len(taken) <= 49
    assert taken == [{key: one[key] for key in ("role", "content")} for one in newest[-len(taken) :]]
    assert (found["last_seq"], found["omitted"]) == (801, 801 - 1 - len(taken))
    assert (len(whole["messages"]), whole["omitted"]) == (801, 0)
    assert 15 <= len(few["messages"]) <= 40


def test_the_same_messages_and_budget_give_the_same_bytes(client: httpx.Client) -> None:
    text = "e\u0301 \0 \U0001f600 \u202e </script>"
    path = begin(client)
    client.post(f"{path}/messages", json={"messages": [{"role": "user", "content": text}]}).raise_for_status()

    first, second = (client.get(f"{path}/context").content for _ in range(2))

    assert first == second
    assert httpx.Response(200, content=first).json()["messages"] == [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("max_messages=0", "max_messages"),
        ("max_messages=1001", "max_messages"),
        ("max_messages=x", "max_messages"),
        ("max_messages=1&max_messages=2", "max_messages"),
        ("max_tokens=0", "max_tokens"),
        ("max_tokens=1000001", "max_tokens"),
        ("max_tokens=1e3", "max_tokens"),
        ("max_tokens=", "max_tokens"),
    ],
)
def test_a_budget_that_is_none_is_refused_by_its_name(client: httpx.Client, query: str, field: str) -> None:
    answer = client.get(f"{begin(client)}/context?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "rule_violation")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_budget_that_is_too_small_says_what_is_needed(client: httpx.Client) -> None:
    path = begin(client)
    client.post(f"{path}/messages", json={"messages": [{"role": "user", "content": "a" * 400}]}).raise_for_status()

    answer = client.get(f"{path}/context", params={"max_tokens": 100})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "budget_too_small")
    (error,) = problem["errors"]
    needed = int(error["message"].split("at least ")[1].split()[0])
    assert error["field"] == "max_tokens"
    assert len(context(client, path, max_tokens=needed)["messages"]) == 1
    assert client.get(f"{path}/context", params={"max_tokens": needed - 1}).status_code == 422
