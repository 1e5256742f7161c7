"""Identifiers, and the form in which clients see them: with a prefix, and opaque."""

import re
from typing import NewType
from uuid import UUID

OwnerId = NewType("OwnerId", str)
ConversationId = NewType("ConversationId", UUID)

_CONVERSATION = re.compile(r"conv_([0-9a-f]{32})", re.ASCII)
_MESSAGE = re.compile(r"msg_([0-9a-f]{32})([0-9a-f]{8})", re.ASCII)


def format_conversation_id(conversation_id: ConversationId) -> str:
    """The id as clients see it: ``conv_`` and 32 hex digits."""
    return f"conv_{conversation_id.hex}"


def parse_conversation_id(text: str) -> ConversationId | None:
    """The id in a text that ``format_conversation_id`` made; None for any other text."""
    match = _CONVERSATION.fullmatch(text)
    return ConversationId(UUID(hex=match[1])) if match else None


def format_message_id(conversation_id: str, seq: int) -> str:
    """The id as clients see it: ``msg_``, the 32 hex digits of ``conv_…``, and the seq in 8 hex digits."""
    return f"msg_{conversation_id[5:]}{seq:08x}"


def parse_message_id(text: str) -> tuple[ConversationId, int] | None:
    """The conversation's id and the seq in a text that ``format_message_id`` made; None for any other text."""
    match = _MESSAGE.fullmatch(text)
    return (ConversationId(UUID(hex=match[1])), int(match[2], 16)) if match else None


def make_uuid7(milliseconds: int, randomness: int) -> UUID:
    """A UUID version 7 (RFC 9562, section 5.7).

    ``milliseconds`` since the Unix epoch (48 bits), ``randomness`` of 74 bits.
    """
    high = (milliseconds & (1 << 48) - 1) << 16 | 7 << 12 | randomness >> 62 & 0xFFF
    low = 0b10 << 62 | randomness & (1 << 62) - 1
    return UUID(int=high << 64 | low)
