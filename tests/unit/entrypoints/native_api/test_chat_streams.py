"""Replies as streams, on fakes: who gets one, what is saved, and what is refused."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.identifiers import ConversationId
from domain.reply_events import FinishReason, ReplyEvent, ReplyFinished, TextDelta
from entrypoints.native_api.ui_message_stream import UIMessageStream
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.others import ScriptedResponder, Session
from tests.support.fakes.service import service_on
from tests.support.ui_message_protocol import check, chunks_of

CHAT_ID = f"conv_{0xC0FFEE:032x}"
CONVERSATION = ConversationId(UUID(int=0xC0FFEE))
KEY = {"Idempotency-Key": "5Zr0c2VnT3wWqK1s"}


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
async def client(world: FakeWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with service_on(world) as client:
        yield client


def said(text: str, *, chat_id: str = CHAT_ID, trigger: str = "submit-message", **more: Any) -> dict[str, Any]:
    message = {"id": "5Zr0c2VnT3wWqK1s", "role": "user", "parts": [{"type": "text", "text": text}]}
    return {"id": chat_id, "messages": [message], "trigger": trigger, **more}


def hi_there(seq: int, conversation_id: ConversationId = CONVERSATION) -> bytes:
    """The frames of the reply of the scripted responder."""
    stream = UIMessageStream(conversation_id, seq)
    events: list[ReplyEvent] = [TextDelta("Hi "), TextDelta("there"), ReplyFinished()]
    return b"".join([stream.begin(), *(stream.render(event) for event in events)])


async def history(client: httpx.AsyncClient, chat_id: str = CHAT_ID) -> list[tuple[Any, ...]]:
    found = (await client.get(f"/api/conversations/{chat_id}/messages")).json()
    return [(one["role"], one["content"], one["status"]) for one in found["data"]]


async def test_a_reply_is_streamed_to_who_asks_for_it(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/chat", json={"message": "Hello", "stream": True, "metadata": {"a": 1}})

    chunks = chunks_of(answer.content, 2)
    conversation_id = chunks[1]["data"]["conversation_id"]
    assert (answer.status_code, answer.content) == (200, hi_there(2, ConversationId(UUID(conversation_id[5:]))))
    assert {name: answer.headers[name] for name in ("content-type", "x-vercel-ai-ui-message-stream")} == {
        "content-type": "text/event-stream",
        "x-vercel-ai-ui-message-stream": "v1",
    }
    assert {"no-cache", "no-transform"} < set(answer.headers["cache-control"].split(", "))
    assert answer.headers["x-accel-buffering"] == "no"
    assert await history(client, conversation_id) == [
        ("user", "Hello", "completed"),
        ("assistant", "Hi there", "completed"),
    ]
    first = await client.get(f"/api/conversations/{conversation_id}/messages/msg_{conversation_id[5:]}00000001")
    assert first.json()["metadata"] == {"a": 1}


async def test_a_reply_that_is_not_to_be_streamed_is_json(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/chat", json={"message": "Hello", "stream": False}, headers={"Accept": "text/event-stream"}
    )

    assert (answer.status_code, answer.json()["response"]) == (200, "Hi there")


async def test_the_chat_of_a_front_end_chooses_the_conversation_and_goes_on_in_it(client: httpx.AsyncClient) -> None:
    answers = [await client.post("/api/chat", json=said(text)) for text in ("Hello", "And now?")]

    assert [answer.content for answer in answers] == [hi_there(2), hi_there(4)]
    assert [role for role, _, _ in await history(client)] == ["user", "assistant"] * 2


async def test_files_of_a_front_end_are_kept_as_parts(client: httpx.AsyncClient) -> None:
    body = said("What is this?")
    body["messages"][0]["parts"].insert(
        0, {"type": "file", "mediaType": "image/png", "url": "https://files.test/c.png"}
    )

    answer = await client.post("/api/chat", json=body)

    assert answer.status_code == 200
    assert (await history(client))[0][1] == [
        {"type": "image_url", "image_url": {"url": "https://files.test/c.png"}},
        {"type": "text", "text": "What is this?"},
    ]


async def test_a_message_that_is_sent_twice_under_its_key_is_saved_once(client: httpx.AsyncClient) -> None:
    first = await client.post("/api/chat", json=said("Hello"), headers=KEY)
    again = await client.post("/api/chat", json=said("Hello"), headers=KEY)
    other = await client.post("/api/chat", json=said("Bye"), headers=KEY)

    assert first.content == again.content == hi_there(2)
    assert [one.headers.get("Idempotent-Replayed") for one in (first, again)] == [None, "true"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await history(client)) == 2


async def test_a_reply_that_failed_is_made_again_under_its_key(world: FakeWorld, client: httpx.AsyncClient) -> None:
    world.responder.failure = RuntimeError()
    failed = await client.post("/api/chat", json=said("Hello"), headers=KEY)
    world.responder.failure = None
    again = await client.post("/api/chat", json=said("Hello", trigger="regenerate-message"), headers=KEY)

    errors = [check(answer.content, seq).finish for answer, seq in ((failed, 2), (again, 3))]
    assert [error and error["type"] for error in errors] == ["error", "finish"]
    assert check(again.content, 3).text == "Hi there"
    assert [role for role, _, status in await history(client) if status == "completed"] == ["user", "assistant"]


async def test_what_a_front_end_may_not_send_is_refused_by_its_name(client: httpx.AsyncClient) -> None:
    blank = {"role": "user", "parts": [{"type": "text", "text": " "}]}
    bodies = [
        (said("Hello", trigger="regenerate-message"), "trigger"),
        (said("Hello", trigger="resume-stream"), "trigger"),
        (said("Hello", messageId="5Zr0c2VnT3wWqK1s"), "messageId"),
        (said("Hello", model="gpt"), "model"),
        (said("Hello", message="Hello"), "message"),
        (said("Hello", chat_id="5Zr0c2VnT3wWqK1s"), "id"),
        (said("Hello") | {"messages": []}, "messages"),
        (said("Hello") | {"messages": "all"}, "messages"),
        (said("Hello") | {"messages": [{}, blank]}, "messages[1].parts"),
    ]

    for body, field in bodies:
        answer = await client.post("/api/chat", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert (await client.get("/api/conversations")).json()["data"] == []


async def test_what_may_not_be_said_is_refused_before_a_stream(client: httpx.AsyncClient) -> None:
    bodies = [
        ({"message": " ", "stream": True}, "message"),
        ({"message": "Hello", "stream": "yes"}, "stream"),
        ({"message": "Hello", "stream": True, "metadata": {"a": "\0"}}, "metadata"),
        ({"message": "Hello", "id": CHAT_ID}, "id"),
    ]

    for body, field in bodies:
        answer = await client.post("/api/chat", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_stream_into_a_conversation_that_is_not_there_is_refused(client: httpx.AsyncClient) -> None:
    answers = [
        await client.post("/api/chat", json={"message": "Hello", "stream": True, "conversation_id": place})
        for place in (CHAT_ID, "conv_")
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "conversation_not_found")] * 2


async def test_nothing_is_followed_where_no_reply_runs(client: httpx.AsyncClient) -> None:
    await client.post("/api/chat", json=said("Hello"))

    ended = await client.get(f"/api/chat/{CHAT_ID}/stream", headers={"Last-Event-ID": "of another wire"})
    missing = [await client.get(f"/api/chat/{place}/stream") for place in (CHAT_ID.replace("c", "d"), "5Zr0c2VnT3")]

    assert (ended.status_code, ended.content) == (204, b"")
    assert [(one.status_code, one.json()["code"]) for one in missing] == [(404, "conversation_not_found")] * 2


async def test_the_rest_of_a_reply_that_has_ended_is_sent_to_who_has_its_beginning(client: httpx.AsyncClient) -> None:
    whole = (await client.post("/api/chat", json=said("Hello"))).content
    beginning, end = whole[: whole.index(b"id: 2-6")], whole[whole.index(b"id: 2-6") :]

    rest = await client.get(f"/api/chat/{CHAT_ID}/stream", headers={"Last-Event-ID": "2-5"})

    assert (rest.status_code, beginning + rest.content) == (200, whole)
    assert rest.content == end


async def test_the_same_chosen_id_is_another_conversation_for_another_user(
    world: FakeWorld, client: httpx.AsyncClient
) -> None:
    world.sessions["bobs"] = Session(user_id="bob", expires_at=datetime.now(UTC) + timedelta(hours=1))
    bob = {"Authorization": "Bearer bobs"}
    await client.post("/api/chat", json=said("Hello"))

    refused = await client.get(f"/api/chat/{CHAT_ID}/stream", headers=bob)
    answer = await client.post("/api/chat", json=said("I am Bob"), headers=bob)

    assert refused.status_code == 404
    assert answer.content == hi_there(2)
    assert [text for _, text, _ in await history(client)] == ["Hello", "Hi there"]


async def test_a_reply_that_its_model_cut_off_says_so(world: FakeWorld) -> None:
    world.responder = ScriptedResponder("Hi", ReplyFinished(reason=FinishReason.LENGTH, output_tokens=1))
    async with service_on(world) as client:
        answer = await client.post("/api/chat", json=said("Hello"))

    read = check(answer.content, 2)
    assert read.finish == {
        "type": "finish",
        "finishReason": "length",
        "messageMetadata": {"finish_reason": "length", "usage": {"input_tokens": None, "output_tokens": 1}},
    }


async def test_a_body_that_is_no_json_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    broken = await client.post("/api/chat", content=b'{"messages": [', headers=headers)
    plain = await client.post("/api/chat", content=json.dumps(said("Hello")))

    assert (broken.status_code, broken.json()["code"]) == (400, "not_json")
    assert (plain.status_code, plain.json()["code"]) == (415, "unsupported_media_type")
