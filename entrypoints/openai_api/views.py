"""Conversations and lists as OpenAI's clients get them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self

import msgspec

from domain.conversation import Conversation
from domain.identifiers import format_conversation_id


class ConversationView(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation; ``created_at`` in seconds."""

    id: str
    object: Literal["conversation"] = "conversation"
    created_at: int
    metadata: msgspec.Raw

    @classmethod
    def of(cls, conversation: Conversation, **more: Any) -> Self:
        """What clients get of a conversation, and ``more`` that a subclass has."""
        return cls(
            id=format_conversation_id(conversation.id),
            created_at=_seconds(conversation.created_at),
            metadata=msgspec.Raw(conversation.metadata.text),
            **more,
        )


class ListedConversationView(ConversationView, frozen=True, kw_only=True):
    """A conversation in the list, which OpenAI's API does not have."""

    title: str | None
    updated_at: int

    @classmethod
    def listed(cls, conversation: Conversation) -> Self:
        """What clients get of a conversation in the list."""
        return cls.of(conversation, title=conversation.title, updated_at=_seconds(conversation.updated_at))


class DeletedView(msgspec.Struct, frozen=True):
    """A conversation or a response that is gone."""

    id: str
    object: Literal["conversation.deleted", "response"] = "conversation.deleted"
    deleted: bool = True


class ListView[View](msgspec.Struct, frozen=True):
    """A page. The next one is asked for with ``after``, which is this one's ``last_id``, if there is more."""

    data: Sequence[View]
    first_id: str | None
    last_id: str | None
    has_more: bool
    object: Literal["list"] = "list"


def _seconds(time: datetime) -> int:
    return int(time.timestamp())
