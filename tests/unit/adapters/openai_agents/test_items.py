"""Input items, beside the messages that the Agents SDK makes of them for Chat Completions."""

from typing import Any

import pytest
from agents.models.chatcmpl_converter import Converter

from adapters.openai_agents.items import input_items
from domain.message import NewMessage
from domain.roles import Role
from tests.support.histories import assistant, calls, kept, result, system, user

CUSTOM = {"id": "c", "type": "custom", "custom": {"name": "shell", "input": "ls"}}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}
AUDIO = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
FILE = {"type": "file", "file": {"file_data": "data:;base64,AA==", "filename": "a.txt"}}


def items_of(*messages: NewMessage) -> list[Any]:
    return list(input_items(message.chat for message in kept(*messages)))


def round_trip(*messages: NewMessage) -> list[Any]:
    return list(Converter.items_to_messages(items_of(*messages), model="m"))


@pytest.mark.parametrize(
    "messages",
    [
        [system(), system("speak French", Role.DEVELOPER), user(), assistant(), user("again")],
        [user(), assistant("Let me look.", "a", "b"), result("b", "noon"), result("a", "sunny"), assistant("Sunny.")],
        [user(), calls("a"), result("a", ""), calls("b"), result("b"), assistant()],
        [user(), assistant(), assistant("more"), user()],
        [user("\x00 \u2028 😀"), assistant("\n")],
    ],
)
def test_messages_reach_chat_completions_as_they_are(messages: list[NewMessage]) -> None:
    sent = round_trip(*messages)

    assert [{"content": None, **one} for one in sent] == [message.to_chat() for message in kept(*messages)]


def test_parts_reach_chat_completions_as_they_are() -> None:
    parts: list[Any] = [{"type": "text", "text": "What is this?"}, IMAGE, AUDIO, FILE]

    (sent,) = round_trip(NewMessage(role=Role.USER, content=parts))

    assert sent == {"role": "user", "content": parts}


def test_what_the_assistant_says_in_parts_keeps_them() -> None:
    parts = [{"type": "text", "text": "No."}, {"type": "refusal", "refusal": "I can't."}]

    (item,) = items_of(NewMessage(role=Role.ASSISTANT, content=parts))

    assert item["content"] == [{"type": "output_text", "text": "No.", "annotations": []}, parts[1]]


def test_parts_have_the_names_that_responses_give_them() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    unknown = {"type": "video", "video": {"url": "v"}}

    (item,) = items_of(NewMessage(role=Role.USER, content=[image, FILE, unknown]))

    assert item["content"] == [
        {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "auto"},
        {"type": "input_file", "file_data": "data:;base64,AA==", "filename": "a.txt"},
        unknown,
    ]


def test_a_custom_call_and_its_result_belong_together() -> None:
    call = NewMessage(role=Role.ASSISTANT, tool_calls=[CUSTOM])

    items = items_of(user(), call, result("c", "README.md"))

    assert items[1:] == [
        {"type": "custom_tool_call", "call_id": "c", "name": "shell", "input": "ls"},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "README.md"},
    ]


def test_a_call_of_a_type_that_nobody_knows_is_told_as_a_functions() -> None:
    call = {"id": "c", "type": "robot", "robot": {"move": 1}}

    items = items_of(user(), NewMessage(role=Role.ASSISTANT, tool_calls=[call]), result("c"))

    assert items[1] == {"type": "function_call", "call_id": "c", "name": "robot", "arguments": '{"move": 1}'}


def test_calls_of_the_same_id_are_told_apart() -> None:
    history = [
        user(),
        calls("a", "b"),
        result("b", "1"),
        result("a", "2"),
        assistant(),
        user(),
        calls("a"),
        result("a", "3"),
    ]

    items = items_of(*history)

    assert [item["call_id"] for item in items if "call_id" in item] == ["a", "b", "b", "a", "a-2", "a-2"]
