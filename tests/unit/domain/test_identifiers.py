"""Identifiers, and how they are written."""

from uuid import UUID

import pytest

from domain.identifiers import (
    ConversationId,
    format_conversation_id,
    format_message_id,
    make_uuid7,
    parse_conversation_id,
    parse_message_id,
)

ID = ConversationId(UUID(int=0xABC))


def test_identifiers_read_back() -> None:
    assert parse_conversation_id(format_conversation_id(ID)) == ID
    assert parse_message_id(format_message_id(format_conversation_id(ID), 7)) == (ID, 7)
    assert format_message_id(format_conversation_id(ID), 7) == "msg_00000000000000000000000000000abc00000007"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "conv_",
        "0" * 32,
        "conv_" + "0" * 31,
        "conv_" + "0" * 33,
        "conv_" + "A" * 32,
        "conv_" + "\u0660" * 32,
        "conv_" + "0" * 32 + "\n",
        "msg_" + "0" * 40,
    ],
)
def test_other_spellings_of_a_conversation_id_are_not_accepted(text: str) -> None:
    assert parse_conversation_id(text) is None


def test_uuid7_holds_its_time_and_its_version() -> None:
    uuid = make_uuid7(0x0123456789AB, (1 << 74) - 1)

    assert uuid.hex == "0123456789ab7fffbfffffffffffffff"
    assert uuid.version == 7
