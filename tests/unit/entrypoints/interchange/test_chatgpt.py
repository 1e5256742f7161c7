"""What is read of ChatGPT's export."""

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from domain.conversation import Conversation
from domain.errors import RuleViolationError
from domain.identifiers import OwnerId
from domain.imports import ImportedMessage
from entrypoints.interchange.chatgpt import ChatGptReader

ANN = OwnerId("ann")


def node(parent: str | None, role: str | None = None, *parts: Any, at: float | None = None) -> dict[str, Any]:
    content = {"content_type": "text", "parts": [*parts]}
    message = {"id": "m", "author": {"role": role}, "create_time": at, "content": content, "weight": 1.0}
    return {"id": "n", "message": message if role else None, "parent": parent, "children": []}


def conversation(**changes: Any) -> dict[str, Any]:
    """A conversation whose answer was made anew: the second branch is the current one."""
    mapping = {
        "root": node(None),
        "system": node("root", "system", ""),
        "question": node("system", "user", "Rome?", at=1700000000.25),
        "first": node("question", "assistant", "No.", at=1700000001),
        "second": node("question", "assistant", "Yes.", {"content_type": "image_asset_pointer"}, "Go!", at=None),
        "tool": node("second", "tool", "42", at=1700000003),
        "thanks": node("tool", "user", "Thanks", at=1700000009),
        "left": node("first", "user", "Why?", at=1700000010),
    }
    made = {
        "id": "abc", "title": "A  trip", "create_time": 1699999999.5, "update_time": 1700000005.0,
        "mapping": mapping, "current_node": "thanks", "gizmo_id": None,
    }  # fmt: skip
    return made | changes


def read(*conversations: Any) -> list[Conversation | ImportedMessage]:
    return list(ChatGptReader(BytesIO(json.dumps(conversations).encode()), ANN))


def texts(entries: list[Conversation | ImportedMessage]) -> list[Any]:
    """The titles of conversations and the texts of messages."""
    return [one.title if isinstance(one, Conversation) else one.message.text for one in entries]


def test_the_current_branch_becomes_a_conversation() -> None:
    kept, *messages = read(conversation())

    assert isinstance(kept, Conversation)
    assert (kept.title, kept.last_seq, kept.metadata.value) == ("A trip", 3, {"chatgpt_id": "abc"})
    assert kept.created_at == datetime.fromtimestamp(1699999999.5, UTC)
    assert kept.updated_at == datetime.fromtimestamp(1700000009, UTC)
    assert [
        (one.seq, one.message.role, one.message.text, one.created_at.timestamp())
        for one in messages
        if isinstance(one, ImportedMessage)
    ] == [
        (1, "user", "Rome?", 1700000000.25),
        (2, "assistant", "Yes.\nGo!", 1700000000.25),
        (3, "user", "Thanks", 1700000009),
    ]


def test_conversations_come_in_the_order_of_the_array() -> None:
    empty: dict[str, Any] = {"mapping": {}, "current_node": None}

    entries = read(*(conversation(id=name, title=name, **empty) for name in ("c", "a", "b")))

    assert texts(entries) == ["c", "a", "b"]


def test_without_a_current_node_the_last_one_is_it() -> None:
    assert texts(read(conversation(current_node=None))) == ["A trip", "Rome?", "No.", "Why?"]


def test_ids_are_the_same_each_time_and_differ() -> None:
    first, second = (
        [one.id for one in read(conversation(), conversation(id="b")) if isinstance(one, Conversation)]
        for _ in range(2)
    )

    assert first == second
    assert len(set(first)) == 2


@pytest.mark.parametrize("title", [None, " ", "\0"])
def test_a_title_that_is_none_is_left_out(title: str | None) -> None:
    assert texts(read(conversation(title=title)))[0] is None


@pytest.mark.parametrize(
    "change",
    [
        {"id": None}, {"mapping": []}, {"mapping": {"a": node("a", "user", "x")}, "current_node": "a"},
        {"current_node": "gone"}, {"create_time": 1e300}, {"create_time": "x"},
        {"mapping": {"a": node(None, "user", "x" * 2_000_000)}, "current_node": "a"},
    ],
)  # fmt: skip
def test_a_conversation_that_is_not_valid_is_named_by_its_number(change: Any) -> None:
    reader = ChatGptReader(BytesIO(json.dumps([conversation(), conversation(**change)]).encode()), ANN)

    with pytest.raises(RuleViolationError):
        list(reader)
    assert reader.place == "Conversation 2"


@pytest.mark.parametrize("data", [b"", b"{}", b"[", b"\xff", b"[1]", b'["\xff"]', b"[" * 100_000])
def test_what_is_no_export_is_refused(data: bytes) -> None:
    with pytest.raises(RuleViolationError, match="as ChatGPT exports it"):
        list(ChatGptReader(BytesIO(data), ANN))
