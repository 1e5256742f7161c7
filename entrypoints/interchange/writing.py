"""Writing an export: what an owner has becomes lines. JSON that is stored passes through as it is."""

from typing import Final

import msgspec

from domain.conversation import Conversation
from domain.identifiers import OwnerId, format_conversation_id
from domain.json_text import JsonText
from domain.message import Message
from entrypoints.interchange.lines import VERSION, ConversationLine, EndLine, ExportLine, Line, MessageLine

MEDIA_TYPE: Final = "application/x-ndjson"
_NULL: Final = msgspec.Raw(b"null")
_encode: Final = msgspec.json.Encoder().encode


class ExportWriter:
    """Makes the lines of one export, and counts what is in it."""

    def __init__(self) -> None:
        self.conversations = 0
        self.messages = 0

    def first(self, owner_id: OwnerId) -> bytes:
        """The line before all others."""
        return _line(ExportLine(VERSION, owner_id))

    def entry(self, entry: Conversation | Message) -> bytes:
        """The line of a conversation or of a message."""
        if isinstance(entry, Conversation):
            self.conversations += 1
            return _line(_of_conversation(entry))
        self.messages += 1
        return _line(_of_message(entry))

    def last(self) -> bytes:
        """The line after all others."""
        return _line(EndLine(conversations=self.conversations, messages=self.messages))


def _of_conversation(conversation: Conversation) -> ConversationLine:
    return ConversationLine(
        id=format_conversation_id(conversation.id),
        title=conversation.title,
        title_is_auto=conversation.title_is_auto,
        metadata=_raw(conversation.metadata),
        last_seq=conversation.last_seq,
        archived_at=conversation.archived_at,
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
    )


def _of_message(message: Message) -> MessageLine:
    return MessageLine(
        conversation_id=format_conversation_id(message.conversation_id),
        seq=message.seq,
        role=message.role,
        content=_NULL if message.content is None else _raw(message.content),
        tool_calls=msgspec.UNSET if message.tool_calls is None else _raw(message.tool_calls),
        tool_call_id=msgspec.UNSET if message.tool_call_id is None else message.tool_call_id,
        name=msgspec.UNSET if message.name is None else message.name,
        status=message.status,
        metadata=_raw(message.metadata),
        created_at=message.created_at,
        item=msgspec.UNSET if message.item is None else _raw(message.item),
    )


def _raw(document: JsonText) -> msgspec.Raw:
    """The JSON on one line: in JSON a line break is white space, and never stands within a string."""
    return msgspec.Raw(document.text.replace("\n", " ").replace("\r", " "))


def _line(line: Line) -> bytes:
    return _encode(line) + b"\n"
