"""Messages: as they are to be written, and as they are stored."""

from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from domain import content as contents
from domain.chat_message import ChatMessage
from domain.content import Content, ToolCall
from domain.errors import RuleViolationError
from domain.identifiers import ConversationId, format_conversation_id, format_message_id
from domain.json_text import JsonText
from domain.metadata import make_metadata
from domain.roles import MAY_CARRY, MUST_SAY_SOMETHING, Role


class Status(StrEnum):
    """How far a message got."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to be written, in the terms of OpenAI's Chat Completions.

    ``content`` is text, a list of content parts, or None; ``metadata`` any small JSON object; ``item`` the Responses
    item that the message was made of, where the other fields do not say all of it (``domain.response_items``). They are
    encoded here: if the caller changes a list or an object later, the message does not change.
    Raises RuleViolationError, naming the field, when it breaks a rule of its role.
    """

    role: Role
    content: InitVar[Content | None] = None
    tool_calls: InitVar[Sequence[ToolCall]] = ()
    tool_call_id: str | None = None
    name: str | None = None
    metadata: InitVar[Mapping[str, Any] | None] = None
    item: InitVar[Mapping[str, Any] | None] = None
    status: Status = Status.COMPLETED
    content_json: JsonText | None = field(init=False)
    tool_calls_json: JsonText | None = field(init=False)
    metadata_json: JsonText = field(init=False)
    item_json: JsonText | None = field(init=False)
    text: str = field(init=False, repr=False)
    """The text of its content, parts joined by a space."""
    call_ids: frozenset[str] = field(init=False)
    """The ids of the tool calls that it opens."""

    def __post_init__(
        self,
        content: Content | None,
        tool_calls: Sequence[ToolCall],
        metadata: Mapping[str, Any] | None,
        item: Mapping[str, Any] | None,
    ) -> None:
        self._check_what_the_role_may_carry(tool_calls)
        if content is not None:
            contents.check_content(self.role, content)
        call_ids = contents.check_tool_calls(tool_calls) if tool_calls else frozenset()
        self._check_what_the_role_must_carry(content, call_ids, item)
        if self.name is not None:
            contents.check_name(self.name, "name", contents.MAX_NAME)
        object.__setattr__(self, "content_json", _encode(content, "content"))
        object.__setattr__(self, "tool_calls_json", _encode(tool_calls or None, "tool_calls"))
        object.__setattr__(self, "metadata_json", make_metadata(metadata))
        object.__setattr__(self, "item_json", None if item is None else contents.encode_object(item, "item"))
        object.__setattr__(self, "text", "" if content is None else contents.text_of(content))
        object.__setattr__(self, "call_ids", call_ids)

    def _check_what_the_role_may_carry(self, tool_calls: Sequence[ToolCall]) -> None:
        carried = {"tool_calls": tool_calls, "tool_call_id": self.tool_call_id, "name": self.name}
        for key, value in carried.items():
            if value not in (None, ()) and value != [] and key not in MAY_CARRY[self.role]:
                raise RuleViolationError(key, f"is not carried by {self.role} messages")

    @property
    def chat(self) -> ChatMessage:
        """What a model gets of it."""
        return ChatMessage(self.role, self.content_json, self.tool_calls_json, self.tool_call_id, self.name)

    def _check_what_the_role_must_carry(
        self, content: Content | None, call_ids: frozenset[str], item: Mapping[str, Any] | None
    ) -> None:
        if self.role is Role.TOOL:
            contents.check_name(self.tool_call_id, "tool_call_id", contents.MAX_CALL_ID)
        if content is None:
            if not call_ids and (item is None or self.role is Role.TOOL):
                raise RuleViolationError("content", f"is required for {self.role} messages")
        elif self.role in MUST_SAY_SOMETHING and contents.is_blank(content):
            raise RuleViolationError("content", "must not be blank")


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is stored. Its place in the conversation is ``seq``; its id is made of both."""

    conversation_id: ConversationId
    seq: int
    role: Role
    content: JsonText | None
    tool_calls: JsonText | None
    tool_call_id: str | None
    name: str | None
    status: Status
    metadata: JsonText
    created_at: datetime
    item: JsonText | None = None

    @classmethod
    def of(cls, new: NewMessage, conversation_id: ConversationId, seq: int, created_at: datetime) -> Self:
        """The message that a new one becomes when it is stored."""
        return cls(
            conversation_id,
            seq,
            new.role,
            new.content_json,
            new.tool_calls_json,
            new.tool_call_id,
            new.name,
            new.status,
            new.metadata_json,
            created_at,
            new.item_json,
        )

    @property
    def id(self) -> str:
        """Its id as clients see it: ``msg_`` and 40 hex digits."""
        return format_message_id(format_conversation_id(self.conversation_id), self.seq)

    @property
    def chat(self) -> ChatMessage:
        """What a model gets of it."""
        return ChatMessage(self.role, self.content, self.tool_calls, self.tool_call_id, self.name)

    @property
    def call_ids(self) -> frozenset[str]:
        """The ids of the tool calls that it opens."""
        return frozenset(call["id"] for call in self.tool_calls.value) if self.tool_calls else frozenset()

    @property
    def text(self) -> str:
        """The text of its content, parts joined by a space."""
        return contents.text_of(self.content.value) if self.content else ""

    @property
    def documents(self) -> list[JsonText]:
        """All its JSON."""
        return [one for one in (self.content, self.tool_calls, self.metadata, self.item) if one]

    def to_chat(self) -> dict[str, Any]:
        """The message as Chat Completions take it, without the fields that only this service has."""
        return self.chat.to_chat()


def _encode(value: object, name: str) -> JsonText | None:
    return None if value is None else contents.encode(value, name)


def in_progress(metadata: Mapping[str, Any] | None = None) -> NewMessage:
    """What a reply begins as. Raises RuleViolationError for metadata that is none."""
    return NewMessage(role=Role.ASSISTANT, content="", status=Status.IN_PROGRESS, metadata=metadata)


IN_PROGRESS: Final = in_progress()
"""What a step of a reply begins as."""
