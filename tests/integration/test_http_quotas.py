"""Quotas over HTTP on PostgreSQL: what is refused, how it is told, and what still works."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
import openai
import pytest

from adapters.openai_agents.session import ConversationSession
from domain.identifiers import parse_conversation_id
from domain.message import NewMessage
from domain.principal import Principal
from domain.quotas import TooManyConversationsError, TooManyMessagesError
from domain.roles import Role
from entrypoints.embedded import open_application
from entrypoints.settings import Settings
from tests.support.metrics import Growth
from tests.support.service import running_service

HELLO = {"role": "user", "content": "hello"}
SAID = {"message": "hello"}
FULL = 4
"""How many messages a conversation may have; an owner may have two conversations."""

WAYS_TO_BEGIN: dict[str, tuple[str, dict[str, Any]]] = {
    "native": ("/api/conversations", {"messages": [HELLO]}),
    "chat": ("/api/chat", SAID),
    "stream": ("/api/chat", SAID | {"stream": True}),
    "OpenAI's conversations": ("/v1/conversations", {"items": [HELLO]}),
    "OpenAI's responses": ("/v1/responses", {"model": "echo", "input": "hello"}),
}
WAYS_TO_ADD: dict[str, tuple[str, dict[str, Any]]] = {
    "native": ("/api/conversations/{place}/messages", {"messages": [HELLO]}),
    "chat": ("/api/chat", SAID | {"conversation_id": "{place}"}),
    "stream": ("/api/chat", SAID | {"conversation_id": "{place}", "stream": True}),
    "OpenAI's items": ("/v1/conversations/{place}/items", {"items": [HELLO]}),
    "OpenAI's responses": ("/v1/responses", {"model": "echo", "input": "hello", "conversation": "{place}"}),
    "OpenAI's completions": ("/v1/chat/completions", {"model": "echo", "messages": [HELLO]}),
}


@pytest.fixture(scope="module")
def limited(settings: Settings) -> Settings:
    """Settings with small quotas."""
    return msgspec.structs.replace(settings, quota_user_conversations=2, quota_conversation_messages=FULL)


@pytest.fixture(scope="module")
def service(limited: Settings) -> Iterator[str]:
    """The address of a service with small quotas."""
    with running_service(limited) as address:
        yield address


def begin(client: httpx.Client, messages: int = 0) -> str:
    """A new conversation of so many messages."""
    made = client.post("/api/conversations", json={"messages": [HELLO] * messages})
    return str(made.raise_for_status().json()["id"])


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """The status of a refusal, and its code in either form."""
    body = answer.json()
    return answer.status_code, body["error"]["code"] if "error" in body else body["code"]


def seqs(client: httpx.Client, place: str) -> list[int]:
    return [one["seq"] for one in client.get(f"/api/conversations/{place}").json()["messages"]]


@pytest.mark.parametrize(("path", "body"), WAYS_TO_BEGIN.values(), ids=WAYS_TO_BEGIN)
def test_no_way_begins_more_conversations_than_the_quota_says(
    client: httpx.Client, path: str, body: dict[str, Any]
) -> None:
    begin(client)
    key = {"Idempotency-Key": "once"}
    last = client.post(path, json=body, headers=key)

    refused = client.post(path, json=body)
    again = client.post(path, json=body, headers=key)

    assert (last.is_success, code_of(refused)) == (True, (403, "too_many_conversations"))
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (last.status_code, "true")
    assert len(client.get("/api/conversations").json()["data"]) == 2


@pytest.mark.parametrize(("path", "body"), WAYS_TO_ADD.values(), ids=WAYS_TO_ADD)
def test_no_way_adds_more_messages_than_the_quota_says(client: httpx.Client, path: str, body: dict[str, Any]) -> None:
    is_turn = "items" not in path and "messages" not in path
    place, full = begin(client, FULL - 1 - is_turn), begin(client, FULL - is_turn)
    key = {"Idempotency-Key": "once"}

    def add(to: str, headers: dict[str, str]) -> httpx.Response:
        sent = {name: to if value == "{place}" else value for name, value in body.items()}
        return client.post(path.format(place=to), json=sent, headers={"X-Conversation-Id": to, **headers})

    fits, refused, again = add(place, key), add(full, {}), add(place, key)

    assert (fits.is_success, code_of(refused)) == (True, (403, "too_many_messages"))
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (fits.status_code, "true")
    assert seqs(client, place) == [1, 2, 3, 4]
    assert seqs(client, full) == [1, 2, 3, 4][: FULL - is_turn]


def test_a_batch_that_crosses_the_quota_is_refused_whole_and_leaves_its_key_free(client: httpx.Client) -> None:
    place, key = begin(client, FULL - 1), {"Idempotency-Key": "once"}
    path = f"/api/conversations/{place}/messages"

    refused = client.post(path, json={"messages": [HELLO] * 2}, headers=key)
    unborn = client.post("/api/conversations", json={"messages": [HELLO] * (FULL + 1)})
    fits = client.post(path, json={"messages": [HELLO]}, headers=key)

    assert [code_of(one) for one in (refused, unborn)] == [(403, "too_many_messages")] * 2
    assert (fits.status_code, seqs(client, place)) == (201, [1, 2, 3, 4])
    assert len(client.get("/api/conversations").json()["data"]) == 1


def test_a_refusal_is_a_problem_that_tells_the_quota_and_what_to_do(client: httpx.Client) -> None:
    growth = Growth()
    full = begin(client, FULL)
    begin(client)

    conversations = client.post("/api/conversations", json={})
    messages = client.post(f"/api/conversations/{full}/messages", json={"messages": [HELLO]})

    assert {one.headers["Content-Type"] for one in (conversations, messages)} == {"application/problem+json"}
    assert conversations.json() == {
        "type": "urn:ai-agent:too_many_conversations",
        "title": "Too many conversations",
        "status": 403,
        "detail": "A user may have at most 2 conversations. Delete some before you begin another one.",
        "code": "too_many_conversations",
    }
    assert messages.json()["detail"].startswith("A conversation may have at most 4 messages")
    assert growth("ai_agent_limits_struck_total", limit="user_conversations") == 1
    assert growth("ai_agent_limits_struck_total", limit="conversation_messages") == 1
    assert "Retry-After" not in conversations.headers


def test_openais_client_does_not_send_again_what_a_quota_refuses(service: str, new_token: Callable[[], str]) -> None:
    growth = Growth()
    with openai.OpenAI(base_url=f"{service}/v1", api_key=new_token(), max_retries=5) as sdk:
        place = sdk.conversations.create().id
        sdk.conversations.create()

        with pytest.raises(openai.PermissionDeniedError) as conversations:
            sdk.conversations.create()
        with pytest.raises(openai.PermissionDeniedError) as messages:
            sdk.responses.create(model="echo", input=[HELLO] * FULL, conversation=place)  # type: ignore[list-item]  # a dict

    assert (conversations.value.code, messages.value.code) == ("too_many_conversations", "too_many_messages")
    assert growth("ai_agent_limits_struck_total", limit="user_conversations") == 1
    assert growth("ai_agent_limits_struck_total", limit="conversation_messages") == 1


def test_what_there_was_when_a_quota_was_lowered_can_be_read_changed_and_deleted(
    client: httpx.Client, limited: Settings
) -> None:
    places = [begin(client, FULL), begin(client)]
    path = f"/api/conversations/{places[0]}"
    lowered = msgspec.structs.replace(limited, quota_user_conversations=1, quota_conversation_messages=2)
    with running_service(lowered) as address, httpx.Client(base_url=address, headers=client.headers) as strict:
        assert len(strict.get("/api/conversations").json()["data"]) == 2
        assert seqs(strict, places[0]) == [1, 2, 3, 4]
        assert strict.patch(path, json={"title": "x", "archived": True}).status_code == 200
        assert strict.get(f"{path}/context").status_code == 200
        message = strict.get(f"{path}/messages").json()["data"][0]["id"]
        assert strict.delete(f"{path}/messages/{message}").status_code == 204
        assert code_of(strict.post("/api/conversations", json={})) == (403, "too_many_conversations")
        assert [strict.delete(f"/api/conversations/{one}").status_code for one in places] == [204, 204]
        assert strict.post("/api/conversations", json={}).status_code == 201


def test_strangers_do_not_fill_each_others_quota(new_client: Callable[[], httpx.Client]) -> None:
    for client in (new_client(), new_client()):
        assert [client.post("/api/conversations", json={}).status_code for _ in range(3)] == [201, 201, 403]


def test_the_agent_runtime_in_process_has_the_same_quotas(client: httpx.Client, limited: Settings) -> None:
    place = parse_conversation_id(begin(client, FULL - 1))
    assert place is not None
    principal = Principal.agent(on_behalf_of=client.get("/api/me").json()["user_id"])

    async def work() -> None:
        async with open_application(limited) as app:
            session = ConversationSession(app, owner_id=principal.owner_id, conversation_id=place)
            await session.add_items([{"role": "user", "content": "fits"}])
            with pytest.raises(TooManyMessagesError):
                await session.add_items([{"role": "user", "content": "does not"}])
            assert len(await session.get_items()) == FULL
            begun = await app.begin_reply(principal, NewMessage(role=Role.USER, content="hello"))
            await app.follow_reply.to_its_end(begun.address)
            with pytest.raises(TooManyConversationsError):
                await app.create_conversation(principal)

    asyncio.run(work())


def test_zero_is_no_quota(client: httpx.Client, limited: Settings) -> None:
    unlimited = msgspec.structs.replace(limited, quota_user_conversations=0, quota_conversation_messages=0)
    with running_service(unlimited) as address, httpx.Client(base_url=address, headers=client.headers) as free:
        assert [free.post("/api/conversations", json={}).status_code for _ in range(3)] == [201] * 3
        assert free.post("/api/conversations", json={"messages": [HELLO] * 100}).status_code == 201
