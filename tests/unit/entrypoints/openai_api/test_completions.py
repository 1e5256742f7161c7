"""Chat completions on fakes: answered from the messages sent or in a conversation, and what is refused."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from domain.identifiers import format_conversation_id
from domain.model_context import ContextBudget
from domain.reply_events import (
    FinishReason,
    ReplyEvent,
    ReplyFinished,
    StepFinished,
    TextDelta,
    ToolCallDelta,
    ToolCallReady,
    ToolCallStarted,
    ToolResult,
)
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.begun import begin
from tests.support.fakes.others import ScriptedResponder
from tests.support.fakes.service import service_on
from tests.support.histories import user

PATH = "/v1/chat/completions"
AGENT_KEY = "the-agent-key-of-the-tests-of-completions"
HELLO = {"role": "user", "content": "Hello"}
COUNTED = ReplyFinished(input_tokens=7, output_tokens=3)
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
ANSWERED_CALL: list[ReplyEvent] = [
    ToolCallStarted("a", "weather"),
    ToolCallReady("a"),
    ToolResult("a", "sunny"),
    StepFinished(),
]
OPEN_CALLS: list[ReplyEvent] = [
    ToolCallStarted("a", "weather"),
    ToolCallDelta("a", '{"city":'),
    ToolCallDelta("a", '"Rome"}'),
    ToolCallReady("a"),
    ToolCallStarted("b", "time"),
    ToolCallReady("b"),
    ReplyFinished(reason=FinishReason.TOOL_CALLS),
]
CALLS: list[Any] = [
    {"id": "a", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}},
    {"id": "b", "type": "function", "function": {"name": "time", "arguments": ""}},
]


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld(responder=ScriptedResponder("Hi ", "there", COUNTED))


@pytest.fixture
async def client(world: FakeWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with service_on(world) as client:
        yield client


async def ask(client: httpx.AsyncClient, *messages: Any, **more: Any) -> httpx.Response:
    return await client.post(PATH, json={"model": "echo", "messages": messages or [HELLO], **more})


def choice_of(answer: httpx.Response) -> dict[str, Any]:
    (choice,) = answer.json()["choices"]
    assert isinstance(choice, dict)
    return choice


def chunks_of(answer: httpx.Response) -> list[Any]:
    """The chunks of a stream that ends as it should."""
    frames = answer.text.split("\n\n")
    assert frames[-2:] == ["data: [DONE]", ""]
    return [json.loads(frame.removeprefix("data: ")) for frame in frames[:-2]]


def deltas_of(answer: httpx.Response) -> list[Any]:
    return [one["choices"][0]["delta"] for one in chunks_of(answer) if one["choices"]]


async def conversations(client: httpx.AsyncClient) -> list[Any]:
    found: list[Any] = (await client.get("/v1/conversations")).json()["data"]
    return found


async def test_messages_are_answered_as_openai_does_and_nothing_is_kept(client: httpx.AsyncClient) -> None:
    answer = await ask(client, HELLO, temperature=0.5, stop=["x"], what_comes_next=1, tools=[], n=1)

    body = answer.json()
    message = {"role": "assistant", "content": "Hi there", "refusal": None}
    assert (answer.status_code, body["object"], body["model"], body["usage"]) == (200, "chat.completion", "echo", USAGE)
    assert choice_of(answer) == {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    assert body["id"] != (await ask(client)).json()["id"]
    assert await conversations(client) == []


async def test_a_stream_has_the_role_then_the_words_then_the_reason(client: httpx.AsyncClient) -> None:
    answer = await ask(client, stream=True)

    chunks = chunks_of(answer)
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert deltas_of(answer) == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "Hi "},
        {"content": "there"},
        {},
    ]
    assert [one["choices"][0]["finish_reason"] for one in chunks] == [None, None, None, "stop"]
    assert len({(one["id"], one["object"], one["created"], one["model"]) for one in chunks}) == 1
    assert all("usage" not in one for one in chunks)


async def test_the_last_chunk_of_a_stream_has_the_tokens_if_they_are_asked_for(client: httpx.AsyncClient) -> None:
    chunks = chunks_of(await ask(client, stream=True, stream_options={"include_usage": True}))

    assert [one["usage"] for one in chunks] == [None] * 4 + [USAGE]
    assert chunks[-1]["choices"] == []


async def test_tokens_that_nobody_counted_are_not_told(client: httpx.AsyncClient, world: FakeWorld) -> None:
    world.responder.events = ("Hi",)

    plain = await ask(client)
    chunks = chunks_of(await ask(client, stream=True, stream_options={"include_usage": True}))

    assert plain.json()["usage"] is None
    assert [one["usage"] for one in chunks] == [None] * 3


async def test_a_call_that_the_service_answers_is_not_told_and_its_step_is_set_apart(
    client: httpx.AsyncClient, world: FakeWorld
) -> None:
    world.responder.events = ("Let me look.", *ANSWERED_CALL, "It is ", "sunny.")

    plain, streamed = await ask(client), await ask(client, stream=True)

    text = "Let me look.\n\nIt is sunny."
    assert choice_of(plain)["message"] == {"role": "assistant", "content": text, "refusal": None}
    assert "".join(one.get("content", "") for one in deltas_of(streamed)) == text


async def test_calls_that_the_client_has_to_answer_are_told(client: httpx.AsyncClient, world: FakeWorld) -> None:
    world.responder.events = tuple(OPEN_CALLS)

    plain, streamed = await ask(client), await ask(client, stream=True)

    assert choice_of(plain)["message"] == {"role": "assistant", "content": None, "refusal": None, "tool_calls": CALLS}
    assert choice_of(plain)["finish_reason"] == "tool_calls"
    assert deltas_of(streamed)[1:] == [{"tool_calls": [{"index": n, **one} for n, one in enumerate(CALLS)]}, {}]
    assert chunks_of(streamed)[-1]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("reason", [FinishReason.LENGTH, FinishReason.CONTENT_FILTER])
async def test_an_answer_that_was_cut_says_so(
    client: httpx.AsyncClient, world: FakeWorld, reason: FinishReason
) -> None:
    world.responder.events = (TextDelta("Hi"), ReplyFinished(reason=reason))

    assert choice_of(await ask(client))["finish_reason"] == reason.value


async def test_a_whole_talk_goes_to_the_model_if_an_agent_sends_it(world: FakeWorld) -> None:
    world.responder.budget = ContextBudget()
    talk: list[Any] = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Weather?"}], "name": "ann"},
        {"role": "assistant", "content": None, "refusal": None, "annotations": [], "audio": None, "tool_calls": CALLS},
        {"role": "tool", "tool_call_id": "a", "content": "sunny"},
        {"role": "tool", "tool_call_id": "b", "content": "noon"},
    ]
    async with service_on(world, agent_keys=AGENT_KEY) as client:
        client.headers["X-Agent-Key"] = AGENT_KEY
        answer = await ask(client, *talk)

    assert answer.status_code == 200
    (turn,) = world.responder.turns
    assert turn.context is not None
    assert [one.role for one in turn.context.messages] == ["system", *(one["role"] for one in talk[1:])]


async def test_what_instructs_at_the_beginning_is_for_this_answer_alone(
    client: httpx.AsyncClient, world: FakeWorld
) -> None:
    conversation = format_conversation_id(await begin(world))
    parts = [{"type": "text", "text": "Be"}, {"type": "text", "text": "kind."}]
    talk = [{"role": "system", "content": "Be brief."}, {"role": "developer", "content": parts}, HELLO]

    unkept = await ask(client, *talk)
    kept = await client.post(PATH, json={"messages": talk}, headers={"X-Conversation-Id": conversation})

    assert (unkept.status_code, kept.status_code) == (200, 200)
    assert [(one.text, one.instructions) for one in world.responder.turns] == [("Hello", "Be brief.\n\nBe kind.")] * 2
    assert len((await client.get(f"/v1/conversations/{conversation}/items")).json()["data"]) == 2


@pytest.mark.parametrize("role", ["system", "assistant"])
async def test_a_session_alone_says_what_its_user_says(client: httpx.AsyncClient, role: str) -> None:
    answer = await ask(client, HELLO, {"role": role, "content": "forged"}, HELLO)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "role_not_allowed")


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"messages": None}, "messages", "invalid_type"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": [{"content": "x"}]}, "messages[0].role", "missing_required_parameter"),
        ({"messages": [{"role": "function", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [HELLO, {"role": "user", "content": ""}]}, "messages[1].content", "invalid_value"),
        ({"messages": [HELLO] * 101}, "messages", "invalid_value"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools", "unsupported_parameter"),
        ({"functions": [{"name": "f"}]}, "functions", "unsupported_parameter"),
        ({"audio": {"voice": "ash", "format": "wav"}}, "audio", "unsupported_parameter"),
        ({"web_search_options": {"search_context_size": "low"}}, "web_search_options", "unsupported_parameter"),
        ({"moderation": {"model": "x"}}, "moderation", "unsupported_parameter"),
        ({"logprobs": True}, "logprobs", "unsupported_parameter"),
        ({"n": 2}, "n", "unsupported_value"),
        ({"modalities": ["text", "audio"]}, "modalities", "unsupported_value"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_value"),
        ({"store": True}, "store", "invalid_value"),
        ({"store": False, "metadata": {"conversation_id": "conv_1"}}, "store", "invalid_value"),
        ({"metadata": {"conversation_id": 1}}, "metadata.conversation_id", "invalid_type"),
        ({"stream": "yes"}, "stream", "invalid_type"),
    ],
    ids=str,
)
async def test_what_cannot_be_had_is_refused_in_openais_words(
    client: httpx.AsyncClient, world: FakeWorld, more: dict[str, Any], param: str, code: str
) -> None:
    answer = await ask(client, **more)

    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"], error["code"]) == (
        400,
        "invalid_request_error",
        param,
        code,
    )
    assert world.responder.turns == []


async def test_a_result_without_a_call_names_the_message(world: FakeWorld) -> None:
    async with service_on(world, agent_keys=AGENT_KEY) as client:
        client.headers["X-Agent-Key"] = AGENT_KEY
        answer = await ask(client, HELLO, {"role": "tool", "tool_call_id": "a", "content": "x"})

    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, "messages[1].tool_call_id", "call_not_open")


async def test_messages_beyond_the_models_budget_are_too_long(client: httpx.AsyncClient, world: FakeWorld) -> None:
    world.responder.budget = ContextBudget(max_tokens=4)

    answer = await ask(client)

    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, "messages", "context_length_exceeded")


async def test_another_model_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await ask(client, model="gpt-5")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


async def test_an_answer_that_fails_may_be_asked_for_again(client: httpx.AsyncClient, world: FakeWorld) -> None:
    world.responder.events, world.responder.failure = ("Hi",), RuntimeError("what somebody wrote")

    plain, streamed = await ask(client), await ask(client, stream=True)

    expected = {"message": "The reply failed.", "type": "server_error", "param": None, "code": "responder_failed"}
    assert (plain.status_code, plain.json()) == (502, {"error": expected})
    assert "X-Should-Retry" not in plain.headers
    assert json.loads(streamed.text.split("data: ")[-1]) == {"error": expected}
    retried = await client.post(PATH, json={"messages": [HELLO]}, headers={"X-Stainless-Retry-Count": "1"})
    assert retried.status_code == 502


@pytest.mark.parametrize("place", ["header", "metadata"])
async def test_a_turn_in_a_conversation_is_kept_with_its_reply(
    client: httpx.AsyncClient, world: FakeWorld, place: str
) -> None:
    conversation = format_conversation_id(await begin(world, user("before")))
    header = {"X-Conversation-Id": conversation} if place == "header" else {}
    metadata = {"conversation_id": conversation} if place == "metadata" else {"topic": "x"}
    talk = [{"role": "user", "content": "not this"}, {"role": "assistant", "content": "nor this"}, HELLO]
    body = {"messages": talk, "metadata": metadata, "store": True}

    plain = await client.post(PATH, json=body, headers=header)
    streamed = await client.post(PATH, json={**body, "stream": True}, headers=header)

    items = (await client.get(f"/v1/conversations/{conversation}/items?order=asc")).json()["data"]
    assert choice_of(plain)["message"]["content"] == "Hi there"
    assert [one.get("content") for one in deltas_of(streamed)[1:-1]] == ["Hi ", "there"]
    assert [one["content"][0]["text"] for one in items] == ["before", *["Hello", "Hi there"] * 2]
    assert plain.json()["id"] == f"chatcmpl-{conversation[5:]}00000003"


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([], "messages"),
        ([HELLO, {"role": "assistant", "content": "x"}], "messages"),
        ([{"role": "system", "content": "x"}], "messages"),
        ([{"role": "system", "content": " "}, HELLO], "messages[0].content"),
        ([HELLO, {"role": "user", "content": " "}], "messages[1].content"),
    ],
)
async def test_what_is_no_turn_of_a_conversation_is_refused(
    client: httpx.AsyncClient, world: FakeWorld, messages: list[Any], param: str
) -> None:
    conversation = format_conversation_id(await begin(world, user()))

    answer = await client.post(PATH, json={"messages": messages}, headers={"X-Conversation-Id": conversation})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert answer.headers["X-Should-Retry"] == "false"


async def test_two_names_of_a_conversation_have_to_be_one(client: httpx.AsyncClient, world: FakeWorld) -> None:
    one, other = [format_conversation_id(await begin(world)) for _ in range(2)]
    header = {"X-Conversation-Id": one}

    same = await client.post(PATH, json={"messages": [HELLO], "metadata": {"conversation_id": one}}, headers=header)
    answer = await client.post(PATH, json={"messages": [HELLO], "metadata": {"conversation_id": other}}, headers=header)

    assert same.status_code == 200
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "metadata.conversation_id")


async def test_a_conversation_that_the_caller_does_not_have_is_not_found(client: httpx.AsyncClient) -> None:
    for named in ("conv_1", f"conv_{'0' * 32}", ""):
        answer = await client.post(PATH, json={"messages": [HELLO]}, headers={"X-Conversation-Id": named})

        assert (answer.status_code, answer.json()["error"]["code"]) == (404, None)
    assert await conversations(client) == []


async def test_a_turn_that_fails_is_not_to_be_repeated_without_a_key(
    client: httpx.AsyncClient, world: FakeWorld
) -> None:
    conversation = format_conversation_id(await begin(world))
    world.responder.failure = RuntimeError()
    world.responder.events = ()
    client.headers["X-Conversation-Id"] = conversation

    failed = await ask(client)
    blind = await client.post(PATH, json={"messages": [HELLO]}, headers={"X-Stainless-Retry-Count": "1"})

    assert [(one.status_code, one.headers["X-Should-Retry"]) for one in (failed, blind)] == [
        (502, "false"),
        (409, "false"),
    ]


async def test_a_retry_of_a_turn_under_a_key_gets_the_same_reply(client: httpx.AsyncClient, world: FakeWorld) -> None:
    client.headers["X-Conversation-Id"] = format_conversation_id(await begin(world))
    client.headers["Idempotency-Key"] = "key-1"

    first, again = await ask(client), await ask(client)

    assert first.json() == again.json()
    assert [one.headers.get("Idempotent-Replayed") for one in (first, again)] == [None, "true"]
    assert len(world.responder.turns) == 1
