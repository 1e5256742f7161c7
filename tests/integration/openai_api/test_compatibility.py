"""The tables of docs/openai.md name all that OpenAI's SDK can do, and say of each what the service does."""

import json
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any

import openai
import pydantic
import pytest

from adapters.echo.responder import EchoResponder
from domain.ports.responder import Turn
from domain.reply_events import (
    FinishReason,
    ReplyEvent,
    ReplyFinished,
    TextDelta,
    ToolCallDelta,
    ToolCallReady,
    ToolCallStarted,
)
from tests.support.openai_compatibility import chunk_fields, operations, response_events, table

OPERATIONS, EVENTS, FIELDS = (table(name) for name in ("Operations", "Events of a response", "Chunks of a completion"))
SAID: Any = [{"role": "user", "content": "Hello"}]
TOLD: Mapping[str, list[ReplyEvent]] = {
    "text": [TextDelta("Hi"), ReplyFinished(input_tokens=1, output_tokens=1)],
    "calls": [
        ToolCallStarted("a", "weather"),
        ToolCallDelta("a", "{}"),
        ToolCallReady("a"),
        ReplyFinished(reason=FinishReason.TOOL_CALLS),
    ],
    "cut": [TextDelta("Hi"), ReplyFinished(reason=FinishReason.LENGTH)],
    "failure": [],
}


class Answer(pydantic.BaseModel):
    text: str


def named(verdict: str, rows: Mapping[str, Any]) -> list[str]:
    return [name for name, row in rows.items() if row.verdict == verdict]


@pytest.mark.parametrize(
    ("rows", "known"),
    [(OPERATIONS, operations()), (EVENTS, response_events()), (FIELDS, chunk_fields())],
    ids=["operations", "events", "fields"],
)
def test_a_table_names_all_that_the_sdk_knows_and_says_what_becomes_of_it(rows: Any, known: set[str]) -> None:
    assert rows.keys() == known
    assert {row.verdict for row in rows.values()} <= {"served", "refused", "out of scope"}
    assert [name for name, row in rows.items() if row.verdict == "out of scope" and not row.remark] == []


def call(sdk: openai.OpenAI, operation: str) -> Any:
    """Call the operation with what it needs."""
    conversation = sdk.conversations.create(items=SAID).id
    response = sdk.responses.create(model="echo", input="Hello")
    item = {"item_id": f"msg_{conversation[5:]}00000001", "conversation_id": conversation}
    ask: dict[str, Any] = {"model": "echo", "messages": SAID}
    arguments: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
        "conversations.create": ((), {}),
        "conversations.update": ((conversation,), {"metadata": {}}),
        "conversations.items.create": ((conversation,), {"items": SAID}),
        "conversations.items.list": ((conversation,), {}),
        "conversations.items.retrieve": ((), item),
        "conversations.items.delete": ((), item),
        "responses.create": ((), {"model": "echo", "input": "Hello"}),
        "responses.parse": ((), {"model": "echo", "input": "Hello", "text_format": Answer}),
        "responses.stream": ((), {"model": "echo", "input": "Hello"}),
        "responses.compact": ((), {"model": "echo", "input": "Hello"}),
        "responses.input_tokens.count": ((), {"model": "echo", "input": "Hello"}),
        "chat.completions.create": ((), ask),
        "chat.completions.stream": ((), ask),
        "chat.completions.parse": ((), {**ask, "response_format": Answer}),
        "chat.completions.list": ((), {}),
        "chat.completions.update": (("chatcmpl-1",), {"metadata": {}}),
    }
    family, _, name = operation.rpartition(".")
    default = {"conversations": conversation, "chat": "chatcmpl-1"}.get(family.partition(".")[0], response.id)
    given, more = arguments.get(operation, ((default,), {}))
    resource: Any = sdk
    for part in family.split("."):
        resource = getattr(resource, part)
    return getattr(resource, name)(*given, **more)


@pytest.mark.parametrize("operation", named("served", OPERATIONS))
def test_an_operation_that_is_served_answers(sdk: openai.OpenAI, operation: str) -> None:
    got = call(sdk, operation)

    if operation.endswith(".stream"):
        with got as stream:
            assert [event.type for event in stream]


@pytest.mark.parametrize("operation", named("refused", OPERATIONS))
def test_an_operation_that_is_refused_says_so_in_openais_envelope(sdk: openai.OpenAI, operation: str) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        call(sdk, operation)

    body: Any = refused.value.body
    assert body.keys() == {"message", "type", "param", "code"}
    assert (refused.value.status_code, refused.value.code) == OPERATIONS[operation].refusal


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer each text with what is told under it; whatever is not at its end fails."""

    async def reply(_: EchoResponder, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        for event in TOLD[turn.text]:
            yield event

    monkeypatch.setattr(EchoResponder, "reply", reply)


def frames(sdk: openai.OpenAI, path: str, body: Mapping[str, Any]) -> Iterator[Any]:
    """The data of each frame of a stream."""
    headers = {"Authorization": f"Bearer {sdk.api_key}"}
    with sdk._client.stream("POST", f"{sdk.base_url}{path}", json={**body, "stream": True}, headers=headers) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: {"):
                yield json.loads(line.removeprefix("data: "))


@pytest.mark.usefixtures("scripted")
def test_the_events_that_are_served_are_those_that_come(sdk: openai.OpenAI) -> None:
    asked = [{"input": text, "background": is_background} for text in TOLD for is_background in (False, True)]

    came = {event["type"] for body in asked for event in frames(sdk, "responses", body)}

    assert came == {*named("served", EVENTS)}


@pytest.mark.usefixtures("scripted")
def test_the_fields_of_chunks_that_are_served_are_those_that_come(sdk: openai.OpenAI) -> None:
    came = set()
    for text in TOLD:
        body = {"messages": [{"role": "user", "content": text}], "stream_options": {"include_usage": True}}
        for chunk in frames(sdk, "chat/completions", body):
            came |= set(filled(chunk))

    assert came & FIELDS.keys() == {*named("served", FIELDS)}


def filled(chunk: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The fields of a chunk that are not null."""
    for name, value in chunk.items():
        if value is None:
            continue
        yield f"{path}{name}"
        if name == "delta":
            yield from filled(value, f"{path}delta.")
        elif name == "choices":
            for choice in value:
                yield from filled(choice, "choices[].")
