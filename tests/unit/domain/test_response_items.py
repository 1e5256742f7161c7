"""Responses items are kept without a loss, and are chat messages where they can be."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given

from domain.content import MAX_BYTES
from domain.errors import RuleViolationError
from domain.exchanges import exchanges_of
from domain.message import NewMessage, Status
from domain.response_items import items_of, message_of, opaque_message_of
from domain.roles import Role
from tests.support.histories import assistant, call_of, kept, result, user
from tests.support.response_items import CHAT_ITEMS, OPAQUE_ITEMS, Item, items


def as_kept(item: Mapping[str, Any]) -> str:
    """As text, in which 1, 1.0 and true differ."""
    return json.dumps(item, sort_keys=True)


@pytest.mark.parametrize("item", [*CHAT_ITEMS.values(), *OPAQUE_ITEMS.values()], ids=[*CHAT_ITEMS, *OPAQUE_ITEMS])
def test_an_item_comes_back_as_it_was_sent(item: Item) -> None:
    assert [as_kept(one) for one in items_of(kept(message_of(item)))] == [as_kept(item)]


@given(item=items())
def test_whatever_it_says_an_item_comes_back_as_it_was_sent(item: Item) -> None:
    try:
        message = message_of(item)
    except RuleViolationError:  # a lone surrogate, which JSON in Unicode can't hold
        assert "\\ud" in json.dumps(item)
        return

    assert [as_kept(one) for one in items_of(kept(message))] == [as_kept(item)]


@pytest.mark.parametrize("item", OPAQUE_ITEMS.values(), ids=OPAQUE_ITEMS.keys())
def test_an_opaque_item_is_not_shown_to_a_model(item: Item) -> None:
    message = message_of(item)

    assert (message.content_json, message.tool_calls_json, message.tool_call_id) == (None, None, None)
    assert message.item_json is not None
    assert message.role is (Role.USER if item.get("role") == "user" else Role.ASSISTANT)
    assert exchanges_of(kept(message)) == []


CHATS: dict[str, dict[str, Any]] = {
    "a user's text": {"role": "user", "content": "weather?"},
    "a system text": {"role": "system", "content": "be kind"},
    "a developer's text": {"role": "developer", "content": "terse"},
    "a user's parts": {
        "role": "user",
        "content": [
            {"type": "text", "text": "look"},
            {"type": "image_url", "image_url": {"url": "https://a.test/1.png", "detail": "high"}},
            {"type": "file", "file": {"file_id": "file_1", "filename": "a.pdf"}},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        ],
    },
    "a user's image by its file": {"role": "user", "content": "and this"},
    "an assistant's text": {"role": "assistant", "content": "It is sunny"},
    "an assistant's output": {
        "role": "assistant",
        "content": [{"type": "text", "text": "It is sunny"}, {"type": "refusal", "refusal": "no more"}],
    },
    "an assistant's output that was cut off": {"role": "assistant", "content": "It is sunny"},
    "a call": {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "call_a",
                "type": "function",
                "function": {"name": "get_weather", "arguments": '{"city":"Rome"}'},
            }
        ],
    },
    "a call with all fields": {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_b", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}],
    },
    "an output": {"role": "tool", "tool_call_id": "call_a", "content": "sunny"},
    "an output of parts": {
        "role": "tool",
        "tool_call_id": "call_b",
        "content": [{"type": "text", "text": "sunny"}, {"type": "text", "text": "see the picture"}],
    },
    "a custom call": {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_c", "type": "custom", "custom": {"name": "grep", "input": "a*"}}],
    },
    "a custom output": {"role": "tool", "tool_call_id": "call_c", "content": "found"},
}


@pytest.mark.parametrize("name", CHAT_ITEMS)
def test_an_item_that_can_be_is_a_chat_message(name: str) -> None:
    message = message_of(CHAT_ITEMS[name])

    assert message.chat.to_chat() == CHATS[name]
    assert message.status is (Status.INCOMPLETE if "cut off" in name else Status.COMPLETED)


@pytest.mark.parametrize("name", ["a user's text", "a system text", "an assistant's text", "a call", "an output"])
def test_an_item_that_its_message_says_whole_is_not_kept_twice(name: str) -> None:
    assert message_of(CHAT_ITEMS[name]).item_json is None


def test_messages_of_other_writers_are_items() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://a.test/1.png"}}
    odd = {"type": "odd", "n": 1}
    custom = {"id": "c", "type": "custom", "custom": {"name": "grep", "input": "a*"}}
    unknown = {"id": "d", "type": "what_comes_next", "n": 1}
    history = kept(
        user("hello"),
        NewMessage(role=Role.USER, content=[{"type": "text", "text": "look"}, image, odd], name="ann"),
        NewMessage(role=Role.ASSISTANT, content="one moment", tool_calls=[call_of("a"), call_of("b"), custom, unknown]),
        result("b", "2"),
        result("c", "found"),
        NewMessage(role=Role.ASSISTANT, content=[{"type": "text", "text": "done"}]),
        NewMessage(role=Role.USER, content=[{"type": "file", "file": {"file_id": "f"}}]),
        assistant("", status=Status.FAILED),
        assistant("so far", status=Status.IN_PROGRESS),
    )

    assert items_of(history) == [
        {"role": "user", "content": "hello"},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "look"},
                {"type": "input_image", "image_url": "https://a.test/1.png", "detail": "auto"},
                odd,
            ],
        },
        {"role": "assistant", "content": "one moment"},
        {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
        {"type": "function_call", "call_id": "b", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "c", "name": "grep", "input": "a*"},
        {**unknown, "call_id": "d"},
        {"type": "function_call_output", "call_id": "b", "output": "2"},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "found"},
        {
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "done", "annotations": []}],
        },
        {"role": "user", "content": [{"type": "input_file", "file_id": "f"}]},
    ]


def test_any_item_can_be_kept_as_an_opaque_one() -> None:
    for item in CHAT_ITEMS.values():
        message = opaque_message_of(item)

        assert (message.content_json, message.call_ids, message.tool_call_id) == (None, frozenset(), None)
        assert items_of(kept(message)) == [item]


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ({"type": "x", "text": "x" * MAX_BYTES}, "must not exceed"),
        ({"type": "x", "at": object()}, "must be JSON"),
        ({"type": "message", "role": "user", "content": "x" * MAX_BYTES}, "must not exceed"),
    ],
    ids=["too long", "no JSON", "too long a text"],
)
def test_what_can_not_be_kept_is_refused(item: Item, problem: str) -> None:
    with pytest.raises(RuleViolationError, match=problem):
        message_of(item)
