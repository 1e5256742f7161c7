"""Views: what clients get. JSON that is stored passes through as it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Self

import msgspec

from application.chat import ChatTurn
from domain.chat_message import ChatMessage
from domain.conversation import Conversation
from domain.identifiers import ConversationId, format_conversation_id, format_message_id
from domain.json_text import JsonText
from domain.message import Message, Status
from domain.model_context import ModelContext
from domain.pages import MessagePage
from domain.roles import Role

type Metadata = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema={"type": "object"})]
_CONTENT: Final = [{"type": "string"}, {"type": "array", "items": {"type": "object"}}, {"type": "null"}]
type Content = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema={"anyOf": _CONTENT})]
type Item = Annotated[
    msgspec.Raw,
    msgspec.Meta(
        description="The OpenAI Responses item that the message was made of, where the other fields do not say all of"
        " it. If `content` is null and there are no `tool_calls`, it has no form as a chat message.",
        extra_json_schema={"type": "object"},
    ),
]
type ToolCalls = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema={"type": "array", "items": {"type": "object"}})]


class ConversationView(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation. `updated_at` is its latest append, `last_seq` the seq of its last message."""

    id: str
    title: str | None
    metadata: Metadata
    archived: bool
    last_seq: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, conversation: Conversation, **more: Any) -> Self:
        """What clients get of a conversation, and ``more`` that a subclass has."""
        return cls(
            id=format_conversation_id(conversation.id),
            title=conversation.title,
            metadata=msgspec.Raw(conversation.metadata.text),
            archived=conversation.archived,
            last_seq=conversation.last_seq,
            created_at=conversation.created_at,
            updated_at=conversation.updated_at,
            **more,
        )


class MessageView(msgspec.Struct, frozen=True):
    """A message: without `id`, `conversation_id`, `seq`, `status`, `metadata`, `created_at` a Chat Completions one.

    It has an `item` only if it was written as an OpenAI Responses item that its other fields do not say all of.
    """

    id: str
    conversation_id: str
    seq: int
    role: Role
    content: Content
    status: Status
    metadata: Metadata
    created_at: datetime
    tool_calls: ToolCalls | msgspec.UnsetType = msgspec.UNSET
    tool_call_id: str | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET
    item: Item | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, message: Message, conversation_id: str) -> Self:
        """What clients get of a message; for many of one conversation its id is written once."""
        return cls(
            format_message_id(conversation_id, message.seq),
            conversation_id,
            message.seq,
            message.role,
            _NULL if message.content is None else msgspec.Raw(message.content.text),
            message.status,
            msgspec.Raw(message.metadata.text),
            message.created_at,
            _unset(message.tool_calls),
            msgspec.UNSET if message.tool_call_id is None else message.tool_call_id,
            msgspec.UNSET if message.name is None else message.name,
            _unset(message.item),
        )


class HistoryView(ConversationView, frozen=True, kw_only=True):
    """A conversation with its newest messages, oldest first; `has_more` tells of older ones."""

    messages: list[MessageView]
    has_more: bool


class ConversationsView(msgspec.Struct, frozen=True):
    """Conversations, latest activity first, and the cursor of the next page (null: this is the last)."""

    data: list[ConversationView]
    next_cursor: str | None


class AppendedView(msgspec.Struct, frozen=True):
    """The messages that were written."""

    data: list[MessageView]


class MessagesView(msgspec.Struct, frozen=True):
    """Messages, oldest first, and whether there are more on either side."""

    data: list[MessageView]
    has_more_before: bool
    has_more_after: bool

    @classmethod
    def of(cls, page: MessagePage) -> Self:
        """What clients get of a page."""
        return cls(to_views(page.conversation.id, page.messages), page.has_more_before, page.has_more_after)


class ChatView(msgspec.Struct, frozen=True):
    """A turn: the reply's text, and both messages as they are kept."""

    conversation_id: str
    response: str
    user_message: MessageView
    assistant_message: MessageView

    @classmethod
    def of(cls, turn: ChatTurn) -> Self:
        """What clients get of a turn."""
        reply = turn.assistant_message
        conversation_id = format_conversation_id(reply.conversation_id)
        return cls(
            conversation_id,
            reply.content.value if reply.content else "",
            MessageView.of(turn.user_message, conversation_id),
            MessageView.of(reply, conversation_id),
        )


class ChatMessageView(msgspec.Struct, frozen=True):
    """A message as Chat Completions take it."""

    role: Role
    content: Content
    tool_calls: ToolCalls | msgspec.UnsetType = msgspec.UNSET
    tool_call_id: str | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, message: ChatMessage) -> Self:
        """What a model gets of a message."""
        return cls(
            message.role,
            _NULL if message.content is None else msgspec.Raw(message.content.text),
            _unset(message.tool_calls),
            msgspec.UNSET if message.tool_call_id is None else message.tool_call_id,
            msgspec.UNSET if message.name is None else message.name,
        )


class ContextView(msgspec.Struct, frozen=True):
    """What a model gets: messages, oldest first, up to `last_seq`; `omitted` tells how many messages are left out."""

    messages: list[ChatMessageView]
    last_seq: int
    omitted: int

    @classmethod
    def of(cls, context: ModelContext) -> Self:
        """What clients get of a context."""
        return cls([ChatMessageView.of(message) for message in context.messages], context.last_seq, context.omitted)


class MeView(msgspec.Struct, frozen=True):
    """Who the session is, and when it ends."""

    user_id: str
    session_expires_at: datetime | None


def to_views(conversation_id: ConversationId, messages: Sequence[Message]) -> list[MessageView]:
    """What clients get of a conversation's messages."""
    outside = format_conversation_id(conversation_id)
    return [MessageView.of(message, outside) for message in messages]


_NULL = msgspec.Raw(b"null")


def _unset(document: JsonText | None) -> msgspec.Raw | msgspec.UnsetType:
    return msgspec.UNSET if document is None else msgspec.Raw(document.text)
