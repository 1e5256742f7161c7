"""The lines of an export."""

import json
from datetime import UTC, datetime
from uuid import UUID

from domain.conversation import Conversation
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT, JsonText
from domain.message import Message, Status
from domain.roles import Role
from entrypoints.interchange.writing import ExportWriter

PLACE = ConversationId(UUID(int=7))
THEN = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def conversation(metadata: str = '{"a": 1}') -> Conversation:
    return Conversation(PLACE, "Rome", False, JsonText(metadata), 1, None, THEN, THEN)  # noqa: FBT003 - as it is defined


def message(
    content: str | None, tool_calls: str | None = None, role: Role = Role.USER, item: str | None = None
) -> Message:
    text, calls, kept = (None if one is None else JsonText(one) for one in (content, tool_calls, item))
    return Message(PLACE, 1, role, text, calls, None, None, Status.COMPLETED, EMPTY_OBJECT, THEN, kept)


def test_an_export_begins_and_ends_with_lines_of_its_own() -> None:
    writer = ExportWriter()

    lines = [writer.first(OwnerId("ann")), writer.entry(conversation()), writer.entry(message('"x"')), writer.last()]

    assert lines[0] == b'{"type":"export","version":1,"user_id":"ann"}\n'
    assert lines[3] == b'{"type":"end","conversations":1,"messages":1}\n'
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)


def test_a_conversation_and_a_message_have_all_their_fields() -> None:
    writer = ExportWriter()

    lines = [json.loads(writer.entry(entry)) for entry in (conversation(), message('"x"'))]

    at, place = "2026-01-02T03:04:05.678901Z", "conv_00000000000000000000000000000007"
    assert lines[0] == {
        "type": "conversation", "id": place, "title": "Rome", "title_is_auto": False, "metadata": {"a": 1},
        "last_seq": 1, "archived_at": None, "created_at": at, "updated_at": at,
    }  # fmt: skip
    assert lines[1] == {
        "type": "message", "conversation_id": place, "seq": 1, "role": "user", "content": "x",
        "status": "completed", "metadata": {}, "created_at": at,
    }  # fmt: skip


def test_stored_json_passes_to_the_byte() -> None:
    content = '"1e2 \\u0000 \\"é\\" \u2028 1.0"'
    calls = '[{"id":"a","n":1.10,"n":100000000000000000000000}]'

    item = '{"n":1.10,"text":"\\u0000"}'

    line = ExportWriter().entry(message(content, calls, Role.ASSISTANT, item))

    assert f'"content":{content},"tool_calls":{calls},'.encode() in line
    assert line.endswith(f'"item":{item}}}\n'.encode())


def test_json_that_was_stored_on_several_lines_becomes_one() -> None:
    line = ExportWriter().entry(conversation('{\r\n"a":\n"b\\nc"}'))

    assert line.count(b"\n") == 1
    assert b"\r" not in line
    assert json.loads(line)["metadata"] == {"a": "b\nc"}
