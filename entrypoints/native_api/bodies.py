"""Bodies: what clients send. Unknown keys are refused; the rules of the domain are the domain's."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from domain.append import MAX_MESSAGES
from domain.content import ContentPart, ToolCall
from domain.conversation import UNSET, ConversationPatch
from domain.errors import RuleViolationError
from domain.message import NewMessage
from domain.roles import Role
from domain.title import MAX_LENGTH

type Metadata = Annotated[
    dict[str, Any],
    msgspec.Meta(description="Any JSON object of up to 16 KiB and 8 levels, without the character U+0000."),
]
type Title = Annotated[
    str,
    msgspec.Meta(
        description="Without one, the first user message's opening words.",
        extra_json_schema={"minLength": 1, "maxLength": MAX_LENGTH},
    ),
]


class MessageBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message, in the terms of OpenAI's Chat Completions. Other roles than `user` are an agent's to write."""

    role: Role
    content: Annotated[
        str | list[dict[str, Any]] | None, msgspec.Meta(description="Text, or a list of content parts.")
    ] = None
    name: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None
    metadata: Metadata | None = None

    def to_message(self) -> NewMessage:
        """The message to be written. Raises RuleViolationError."""
        content: str | Sequence[ContentPart] | None = self.content
        tool_calls: Sequence[ToolCall] = self.tool_calls or ()
        return NewMessage(
            role=self.role,
            content=content,
            name=self.name,
            tool_calls=tool_calls,
            tool_call_id=self.tool_call_id,
            metadata=self.metadata or {},
        )


type Batch = Annotated[list[MessageBody], msgspec.Meta(extra_json_schema={"maxItems": MAX_MESSAGES})]


class CreateBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A conversation to be created, with its first messages if there are any."""

    title: Title | None = None
    metadata: Metadata | None = None
    messages: Batch = []


class AppendBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """1 to 100 messages, appended all or none."""

    messages: Batch


class UpdateBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """JSON Merge Patch (RFC 7396): what is not mentioned stays; null removes."""

    title: Title | None | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | None | msgspec.UnsetType = msgspec.UNSET
    archived: bool | None | msgspec.UnsetType = msgspec.UNSET

    def to_patch(self) -> ConversationPatch:
        """The change that is wanted. Raises RuleViolationError."""
        return ConversationPatch(
            title=UNSET if self.title is msgspec.UNSET else self.title,
            metadata=UNSET if self.metadata is msgspec.UNSET else self.metadata,
            archived=UNSET if self.archived is msgspec.UNSET else self.archived,
        )


class ChatBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user's turn, with the metadata of its message; without a conversation it begins a new one."""

    message: str
    conversation_id: str | None = None
    metadata: Metadata | None = None
    stream: Annotated[bool, msgspec.Meta(description="Whether the reply is streamed.")] = False

    def to_message(self) -> NewMessage:
        """The user's message. Raises RuleViolationError, naming the field."""
        try:
            return NewMessage(role=Role.USER, content=self.message, metadata=self.metadata)
        except RuleViolationError as error:
            field = "message" if error.field == "content" else error.field
            raise RuleViolationError(field, str(error)) from None


def to_messages(bodies: Sequence[MessageBody]) -> list[NewMessage]:
    """The messages to be written. Raises RuleViolationError, naming the message by its place."""
    messages = []
    for index, body in enumerate(bodies):
        try:
            messages.append(body.to_message())
        except RuleViolationError as error:
            raise error.within(f"messages[{index}]") from None
    return messages
