"""What a message may be."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.errors import RuleViolationError
from domain.identifiers import ConversationId
from domain.message import Message, NewMessage
from domain.roles import Role

CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
TEXT_PART = {"type": "text", "text": "hello"}

VALID: list[dict[str, Any]] = [
    {"role": Role.USER, "content": "hello"},
    {"role": Role.USER, "content": "hello", "name": "ann"},
    {"role": Role.USER, "content": [TEXT_PART, {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}]},
    {"role": Role.USER, "content": [{"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}]},
    {"role": Role.USER, "content": [{"type": "file", "file": {"file_id": "file_1"}}]},
    {"role": Role.USER, "content": [{"type": "hologram", "depth": 3}]},
    {"role": Role.USER, "content": "nul \0 inside"},
    {"role": Role.SYSTEM, "content": "be kind"},
    {"role": Role.DEVELOPER, "content": "be brief"},
    {"role": Role.ASSISTANT, "content": "hi"},
    {"role": Role.ASSISTANT, "content": ""},
    {"role": Role.ASSISTANT, "content": [{"type": "refusal", "refusal": "no"}]},
    {"role": Role.ASSISTANT, "tool_calls": [CALL]},
    {"role": Role.ASSISTANT, "content": "let me see", "tool_calls": [CALL, {**CALL, "id": "call_2"}]},
    {"role": Role.ASSISTANT, "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "grep", "input": "x"}}]},
    {"role": Role.TOOL, "tool_call_id": "call_1", "content": ""},
    {"role": Role.TOOL, "tool_call_id": "call_1", "content": [TEXT_PART]},
    {"role": Role.USER, "content": [{"type": "file", "file": {"file_data": "AA=="}}]},
    {"role": Role.USER, "content": [{"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}}]},
    {"role": Role.USER, "content": [TEXT_PART] * 1000},
    {"role": Role.USER, "content": "x" * (1024 * 1024 - 2)},
    {"role": Role.USER, "content": "🜂" * (256 * 1024 - 1)},
    {"role": Role.USER, "content": "hello", "name": "x" * 128},
    {"role": Role.ASSISTANT, "tool_calls": [{**CALL, "id": f"c{n}"} for n in range(128)]},
    {"role": Role.ASSISTANT, "tool_calls": [{**CALL, "id": "x" * 256}]},
    {"role": Role.TOOL, "tool_call_id": "x" * 256, "content": ""},
]

INVALID: list[tuple[dict[str, Any], str]] = [
    ({"role": Role.USER}, "content"),
    ({"role": Role.USER, "content": " \n\t"}, "content"),
    ({"role": Role.USER, "content": []}, "content"),
    ({"role": Role.USER, "content": [{"type": "text", "text": " "}]}, "content"),
    ({"role": Role.USER, "content": [TEXT_PART, "text"]}, "content[1]"),
    ({"role": Role.USER, "content": [{"text": "no type"}]}, "content[0].type"),
    ({"role": Role.USER, "content": [{"type": "text"}]}, "content[0].text"),
    ({"role": Role.USER, "content": [{"type": "image_url", "image_url": "x"}]}, "content[0].image_url"),
    ({"role": Role.USER, "content": [{"type": "image_url", "image_url": {}}]}, "content[0].image_url.url"),
    (
        {"role": Role.USER, "content": [{"type": "image_url", "image_url": {"url": "x", "detail": "best"}}]},
        "content[0].image_url.detail",
    ),
    (
        {"role": Role.USER, "content": [{"type": "input_audio", "input_audio": {"data": "x", "format": "ogg"}}]},
        "content[0].input_audio.format",
    ),
    ({"role": Role.USER, "content": [{"type": "file", "file": {"filename": "x"}}]}, "content[0].file"),
    ({"role": Role.USER, "content": [{"type": "refusal", "refusal": "no"}]}, "content[0].type"),
    ({"role": Role.SYSTEM, "content": [{"type": "image_url", "image_url": {"url": "x"}}]}, "content[0].type"),
    ({"role": Role.USER, "content": "\ud800"}, "content"),
    ({"role": Role.USER, "content": [{"type": "x", "n": float("nan")}]}, "content"),
    ({"role": Role.USER, "content": [TEXT_PART] * 1001}, "content"),
    ({"role": Role.USER, "content": "x" * (1024 * 1024 - 1)}, "content"),
    ({"role": Role.USER, "content": "🜂" * (256 * 1024)}, "content"),
    ({"role": Role.ASSISTANT, "content": [{"type": "refusal"}]}, "content[0].refusal"),
    ({"role": Role.USER, "content": "hello", "tool_calls": [CALL]}, "tool_calls"),
    ({"role": Role.USER, "content": "hello", "tool_call_id": "call_1"}, "tool_call_id"),
    ({"role": Role.ASSISTANT, "content": "hello", "tool_call_id": "call_1"}, "tool_call_id"),
    ({"role": Role.TOOL, "tool_call_id": "call_1", "content": "42", "name": "weather"}, "name"),
    ({"role": Role.USER, "content": "hello", "name": "a\nb"}, "name"),
    ({"role": Role.USER, "content": "hello", "name": "x" * 129}, "name"),
    ({"role": Role.USER, "content": "hello", "name": ""}, "name"),
    ({"role": Role.SYSTEM, "content": ""}, "content"),
    ({"role": Role.DEVELOPER}, "content"),
    ({"role": Role.ASSISTANT}, "content"),
    ({"role": Role.TOOL, "content": "42"}, "tool_call_id"),
    ({"role": Role.TOOL, "tool_call_id": "", "content": "42"}, "tool_call_id"),
    ({"role": Role.TOOL, "tool_call_id": "call_1"}, "content"),
    ({"role": Role.ASSISTANT, "tool_calls": [CALL, CALL]}, "tool_calls[1].id"),
    ({"role": Role.ASSISTANT, "tool_calls": "call"}, "tool_calls"),
    ({"role": Role.ASSISTANT, "tool_calls": ["call"]}, "tool_calls[0]"),
    ({"role": Role.ASSISTANT, "tool_calls": [{**CALL, "id": "x" * 257}]}, "tool_calls[0].id"),
    ({"role": Role.TOOL, "tool_call_id": "x" * 257, "content": "42"}, "tool_call_id"),
    ({"role": Role.ASSISTANT, "tool_calls": [{"type": "function"}]}, "tool_calls[0].id"),
    ({"role": Role.ASSISTANT, "tool_calls": [{"id": "c"}]}, "tool_calls[0].type"),
    ({"role": Role.ASSISTANT, "tool_calls": [{"id": "c", "type": "function"}]}, "tool_calls[0].function"),
    (
        {"role": Role.ASSISTANT, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f"}}]},
        "tool_calls[0].function.arguments",
    ),
    ({"role": Role.ASSISTANT, "tool_calls": [{**CALL, "id": f"c{n}"} for n in range(129)]}, "tool_calls"),
    ({"role": Role.USER, "content": "hello", "metadata": {"k": "x" * 16384}}, "metadata"),
    ({"role": Role.USER, "content": "hello", "metadata": ["k"]}, "metadata"),
    ({"role": Role.USER, "content": "hello", "metadata": "k"}, "metadata"),
    ({"role": Role.USER, "content": "hello", "metadata": {"k": "\0"}}, "metadata"),
    ({"role": Role.USER, "content": "hello", "metadata": {"k": {"\0": 1}}}, "metadata"),
    ({"role": Role.USER, "content": "hello", "metadata": {"k": ("\0",)}}, "metadata"),
]


def nested(depth: int) -> list[Any]:
    """Lists in lists."""
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize("fields", VALID)
def test_a_valid_message_keeps_what_it_was_given(fields: dict[str, Any]) -> None:
    message = NewMessage(**fields)

    kept = message.content_json.value if message.content_json else None
    assert kept == fields.get("content")
    assert (message.tool_calls_json.value if message.tool_calls_json else ()) == fields.get("tool_calls", ())


@pytest.mark.parametrize(("fields", "field"), INVALID)
def test_an_invalid_message_cannot_be_built_and_the_field_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleViolationError) as raised:
        NewMessage(**fields)

    assert raised.value.field == field


def test_content_nests_up_to_32_levels() -> None:
    part = {"type": "x", "deep": nested(30)}

    NewMessage(role=Role.USER, content=[part])

    with pytest.raises(RuleViolationError):
        NewMessage(role=Role.USER, content=[{"type": "x", "deep": nested(31)}])


def test_nesting_without_end_is_refused_without_harm() -> None:
    endless: dict[str, Any] = {"type": "x"}
    endless["again"] = endless

    with pytest.raises(RuleViolationError):
        NewMessage(role=Role.USER, content=[endless])


def test_a_stored_message_without_what_is_ours_is_a_chat_message() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    new = NewMessage(role=Role.ASSISTANT, tool_calls=[call], name="bot", metadata={"k": 1})

    chat = Message.of(new, ConversationId(UUID(int=1)), 1, datetime(2026, 1, 1, tzinfo=UTC)).to_chat()

    assert chat == {"role": "assistant", "content": None, "tool_calls": [call], "name": "bot"}
