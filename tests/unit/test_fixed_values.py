"""A value of the domain stays what it was when it was built, whatever its caller does with what it was built from."""

from typing import Any

import pytest

from domain.append import decide_append
from domain.conversation import ConversationPatch
from domain.errors import RuleViolationError
from domain.json_text import JsonText
from domain.message import NewMessage
from domain.roles import Role

ENDLESS: dict[str, Any] = {}
ENDLESS["again"] = ENDLESS


def test_a_message_opens_the_calls_that_it_stores() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    calls = [call]
    message = NewMessage(role=Role.ASSISTANT, tool_calls=calls)

    call["id"] = "b"
    calls.append({**call, "id": "c"})

    assert decide_append([message], frozenset()).leaves == frozenset({"a"})
    assert message.tool_calls_json is not None
    assert [stored["id"] for stored in message.tool_calls_json.value] == ["a"]


def test_a_title_is_suggested_by_what_is_stored() -> None:
    part = {"type": "text", "text": "Hello"}
    parts = [part]
    message = NewMessage(role=Role.USER, content=parts)

    part["text"] = "Goodbye"
    parts.clear()

    assert decide_append([message], None).title == "Hello"
    assert message.content_json == JsonText('[{"type":"text","text":"Hello"}]')


def test_an_append_writes_the_messages_that_it_was_decided_on() -> None:
    messages = [NewMessage(role=Role.USER, content="Hello")]
    decision = decide_append(messages, None)

    messages.append(NewMessage(role=Role.ASSISTANT, content="forged"))

    assert len(decision.messages) == 1


def test_a_patch_merges_the_metadata_that_it_was_given() -> None:
    inner = {"b": 1}
    metadata: dict[str, Any] = {"a": inner, "gone": None}
    patch = ConversationPatch(metadata=metadata)

    inner["b"] = 2
    metadata["c"] = 3

    change = patch.decide(JsonText('{"gone":0,"kept":0}'))
    assert change.metadata == JsonText('{"a":{"b":1},"kept":0}')


@pytest.mark.parametrize("metadata", [["a"], {"a": float("nan")}, {"a": {1}}, {"a": "\ud800"}, ENDLESS])
def test_a_patch_of_what_is_no_json_object_cannot_be_built(metadata: Any) -> None:
    with pytest.raises(RuleViolationError) as raised:
        ConversationPatch(metadata=metadata)

    assert raised.value.field == "metadata"
