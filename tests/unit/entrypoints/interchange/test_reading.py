"""What is read of an export, and what is refused of a file that is none."""

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final
from uuid import UUID

import pytest

from domain.conversation import Conversation
from domain.errors import RuleViolationError
from domain.identifiers import ConversationId, OwnerId
from domain.imports import ImportedMessage
from domain.json_text import JsonText
from domain.message import NewMessage, Status
from domain.roles import Role
from entrypoints.interchange import reading
from entrypoints.interchange.reading import ExportReader

THEN = "2026-01-02T03:04:05.678901Z"
PLACE: Final = "conv_00000000000000000000000000000007"
EXPORT: Final = {"type": "export", "version": 1, "user_id": "ann"}
CONVERSATION: Final[dict[str, Any]] = {
    "type": "conversation", "id": PLACE, "title": "Rome", "title_is_auto": False, "metadata": {"a": 1},
    "last_seq": 1, "archived_at": None, "created_at": THEN, "updated_at": THEN,
}  # fmt: skip
MESSAGE: Final[dict[str, Any]] = {
    "type": "message", "conversation_id": PLACE, "seq": 1, "role": "user", "content": "x",
    "status": "completed", "metadata": {}, "created_at": THEN,
}  # fmt: skip
END: Final = {"type": "end", "conversations": 1, "messages": 1}
WHOLE: Final = [EXPORT, CONVERSATION, MESSAGE, END]
SECRET: Final = "a-secret"


def file_of(*lines: Any) -> BytesIO:
    """A line may be bytes or text, as it is, or is encoded."""
    texts = (one if isinstance(one, bytes | str) else json.dumps(one) for one in lines)
    return BytesIO(b"".join(one if isinstance(one, bytes) else f"{one}\n".encode() for one in texts))


def refusal_of(*lines: Any) -> tuple[int, str, str]:
    """The number of the line that is refused, the field, and why."""
    reader = ExportReader(file_of(*lines))
    with pytest.raises(RuleViolationError) as raised:
        list(reader)
    assert SECRET not in str(raised.value)
    return reader.line, raised.value.field, str(raised.value)


def test_lines_become_a_conversation_and_its_messages() -> None:
    found = list(ExportReader(file_of(*WHOLE)))

    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    place = ConversationId(UUID(int=7))
    assert found == [
        Conversation(place, "Rome", False, JsonText('{"a":1}'), 1, None, at, at),  # noqa: FBT003 - as it is defined
        ImportedMessage(seq=1, message=NewMessage(role=Role.USER, content="x"), created_at=at),
    ]


def test_a_reply_that_ran_when_it_was_exported_is_incomplete() -> None:
    line = MESSAGE | {"role": "assistant", "content": "So", "status": "in_progress"}

    _, imported = ExportReader(file_of(EXPORT, CONVERSATION, line, END))

    assert isinstance(imported, ImportedMessage)
    assert imported.message.status is Status.INCOMPLETE


def test_an_item_is_read_as_it_is() -> None:
    item = {"type": "reasoning", "n": [1.5, "\0", 10**30]}
    line = MESSAGE | {"role": "assistant", "content": None, "item": item}

    _, imported = ExportReader(file_of(EXPORT, CONVERSATION, line, END))

    assert isinstance(imported, ImportedMessage)
    assert imported.message == NewMessage(role=Role.ASSISTANT, item=item)
    assert refusal_of(EXPORT, CONVERSATION, line | {"item": [SECRET]}, END)[:2] == (3, "item")


def test_a_new_id_is_always_the_same_for_an_owner_and_differs_from_anothers() -> None:
    def new_id(owner: str) -> ConversationId:
        entry = next(iter(ExportReader(file_of(*WHOLE), OwnerId(owner))))
        assert isinstance(entry, Conversation)
        return entry.id

    assert new_id("ann") == new_id("ann")
    assert len({new_id("ann"), new_id("bob"), UUID(int=7)}) == 3
    assert new_id("ann").version == 7


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "conv_7"), ("id", 7), ("id", "conv_" + "G" * 32), ("title", " "), ("title", "\0"), ("title", 7),
        ("title_is_auto", "yes"), ("metadata", []), ("metadata", {"a": "\0"}), ("metadata", {"a": "x" * 20_000}),
        ("last_seq", -1), ("last_seq", 2**32), ("last_seq", "1"), ("archived_at", "yesterday"), ("created_at", None),
        ("created_at", "2026-01-02T03:04:05"), ("updated_at", "0001-01-01T00:00:00+10:00"), ("updated_at", 7),
    ],
)  # fmt: skip
def test_a_conversation_that_breaks_a_rule_is_refused_at_its_line(field: str, value: Any) -> None:
    line, found, _ = refusal_of(EXPORT, CONVERSATION | {field: value}, MESSAGE, END)

    assert (line, found) == (2, field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("conversation_id", PLACE[:-1] + "8"), ("seq", "1"), ("role", SECRET), ("content", " "), ("content", None),
        ("content", 7), ("tool_call_id", "a"), ("name", ""), ("status", SECRET), ("metadata", None),
        ("created_at", "x"), ("tool_calls", [{"id": "a"}]),
    ],
)  # fmt: skip
def test_a_message_that_breaks_a_rule_is_refused_at_its_line(field: str, value: Any) -> None:
    line, found, _ = refusal_of(EXPORT, CONVERSATION, MESSAGE | {field: value}, END)

    assert (line, found) == (3, field)


@pytest.mark.parametrize(
    "line",
    [
        b"\n", b"{\n", b"[]\n", b"7\n", b"null\n", b"{}\n", b'{"type":"a-secret"}\n', b"\xff\n", SECRET.encode(),
        json.dumps(MESSAGE | {SECRET: 1}).replace(SECRET, "unknown"), {"type": "message"}, b"{}" + b" " * 100,
        json.dumps(MESSAGE).replace('"x"', '"\\ud800"').encode(), json.dumps(MESSAGE).encode() * 2,
        json.dumps(MESSAGE).encode().replace(b'"x"', b'"\xff"'), json.dumps(MESSAGE).replace('"x"', "NaN").encode(),
        json.dumps(MESSAGE).replace('"x"', '[{"type":"x","y":NaN}]').encode(),
        json.dumps(MESSAGE).replace('"x"', '[{"type":"x","y":' + "[" * 10_000 + "]" * 10_000 + "}]").encode(),
        json.dumps(MESSAGE).encode().replace(b'"created_at"', b'"created_at\xff"'), EXPORT,
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_refused_by_its_number(line: Any) -> None:
    assert refusal_of(EXPORT, CONVERSATION, line, END)[0] == 3


@pytest.mark.parametrize(
    ("lines", "number", "why"),
    [
        ([], 1, "cut off"),
        ([CONVERSATION], 1, "version 1"),
        ([EXPORT | {"version": 2}], 1, "version 1"),
        (WHOLE[:1], 2, "cut off"),
        (WHOLE[:3], 4, "cut off"),
        ([*WHOLE[:3], json.dumps(END).encode()[:-5]], 4, "whole"),
        ([EXPORT, MESSAGE], 2, "conversation before"),
        ([EXPORT, CONVERSATION, MESSAGE, CONVERSATION], 4, "greater"),
        ([EXPORT, CONVERSATION, END], 3, "some are missing"),
        ([*WHOLE, b"\n"], 5, "follow the end"),
    ],
)
def test_lines_that_do_not_follow_are_refused(lines: list[Any], number: int, why: str) -> None:
    line, _, told = refusal_of(*lines)

    assert line == number
    assert why in told


def test_a_line_without_end_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_LINE", 1000)

    line, _, why = refusal_of(EXPORT, CONVERSATION, MESSAGE | {"content": "x" * 1001})

    assert (line, why) == (3, "must not be longer than 1000 bytes")
