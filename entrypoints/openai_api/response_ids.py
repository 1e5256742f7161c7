"""Ids of responses: ``resp_``, the 32 hex digits of the conversation's id, and 8 of the reply's first seq."""

import re
from typing import Final
from uuid import UUID

from domain.errors import NotFoundError
from domain.identifiers import ConversationId, OwnerId
from domain.reply import ReplyAddress

_ID: Final = re.compile(r"resp_([0-9a-f]{32})([0-9a-f]{8})", re.ASCII)


def format_response_id(reply: ReplyAddress) -> str:
    """The id of the response that a reply is."""
    return f"resp_{reply.conversation_id.hex}{reply.seq:08x}"


def require_reply(owner_id: OwnerId, text: str) -> ReplyAddress:
    """The reply of this owner with this id. Raises NotFoundError if it is malformed; there may be no such reply."""
    match = _ID.fullmatch(text)
    if match is None:
        raise NotFoundError
    return ReplyAddress(owner_id, ConversationId(UUID(hex=match[1])), int(match[2], 16))
