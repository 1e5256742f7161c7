"""A value of the domain stays what it was when it was built, whatever its caller does with what it was built from."""

from domain.append import decide_append
from domain.json_text import JsonText
from domain.message import NewMessage
from domain.roles import Role


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
