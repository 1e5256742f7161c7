"""The cursor of the list of conversations: the last one's id, and when it was last active.

The owner is not in the cursor: a forged one points into the list of whoever sends it.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.conversation import Conversation
from domain.errors import InvalidCursorError
from domain.identifiers import format_conversation_id, parse_conversation_id
from domain.pages import ConversationCursor

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR: Final = re.compile(r"(conv_[0-9a-f]{32})-([0-9a-f]{1,15})", re.ASCII)


def encode_cursor(conversation: Conversation) -> str:
    """The place of a conversation in the list, as clients carry it."""
    microseconds = (conversation.updated_at - _EPOCH) // timedelta(microseconds=1)
    return f"{format_conversation_id(conversation.id)}-{microseconds:x}"


def decode_cursor(text: str) -> ConversationCursor:
    """The place in the list that the cursor means. Raises InvalidCursorError."""
    match = _CURSOR.fullmatch(text)
    conversation_id = parse_conversation_id(match[1]) if match else None
    if match is None or conversation_id is None:
        raise InvalidCursorError("after", "must be the last_id of a page of this list")
    try:
        return ConversationCursor(_EPOCH + timedelta(microseconds=int(match[2], 16)), conversation_id)
    except OverflowError:
        raise InvalidCursorError("after", "must be the last_id of a page of this list") from None
