"""A message as Chat Completions take it, without the fields that only this service has."""

from dataclasses import dataclass
from typing import Any

from domain.json_text import JsonText
from domain.roles import Role


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """What a model gets of a message. None is what the message does not have."""

    role: Role
    content: JsonText | None
    tool_calls: JsonText | None = None
    tool_call_id: str | None = None
    name: str | None = None

    def to_chat(self) -> dict[str, Any]:
        """The message as a request carries it."""
        chat: dict[str, Any] = {"role": self.role.value, "content": self.content and self.content.value}
        if self.tool_calls is not None:
            chat["tool_calls"] = self.tool_calls.value
        if self.tool_call_id is not None:
            chat["tool_call_id"] = self.tool_call_id
        if self.name is not None:
            chat["name"] = self.name
        return chat
