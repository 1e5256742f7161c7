"""The identifiers, and their form outside: prefixed and opaque to clients."""

import re
from typing import NewType
from uuid import UUID

OwnerId = NewType("OwnerId", str)
ConversationId = NewType("ConversationId", UUID)

_CONVERSATION = re.compile(r"conv_([0-9a-f]{32})", re.ASCII)
_MESSAGE = re.compile(r"msg_([0-9a-f]{32})([0-9a-f]{8})", re.ASCII)


def format_conversation_id(conversation_id: ConversationId) -> str:
    """``conv_`` and 32 hex digits."""
    return f"conv_{conversation_id.hex}"


def parse_conversation_id(text: str) -> ConversationId | None:
    """The identifier that ``format_conversation_id`` wrote, or None; other spellings are not accepted."""
    match = _CONVERSATION.fullmatch(text)
    return ConversationId(UUID(hex=match[1])) if match else None


def format_message_id(conversation_id: str, seq: int) -> str:
    """``msg_``, the 32 hex digits of the conversation's id outside, and the seq in 8: its id is its address."""
    return f"msg_{conversation_id[5:]}{seq:08x}"


def parse_message_id(text: str) -> tuple[ConversationId, int] | None:
    """The conversation and the seq that ``format_message_id`` wrote, or None."""
    match = _MESSAGE.fullmatch(text)
    return (ConversationId(UUID(hex=match[1])), int(match[2], 16)) if match else None


def make_uuid7(milliseconds: int, randomness: int) -> UUID:
    """A UUID version 7 (RFC 9562, section 5.7).

    ``milliseconds`` since the Unix epoch (48 bits), ``randomness`` of 74 bits.
    """
    high = (milliseconds & (1 << 48) - 1) << 16 | 7 << 12 | randomness >> 62 & 0xFFF
    low = 0b10 << 62 | randomness & (1 << 62) - 1
    return UUID(int=high << 64 | low)
