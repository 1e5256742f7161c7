"""The body with which OpenAI's clients ask for a response."""

from typing import Any

import msgspec

from domain.errors import RuleViolationError
from domain.identifiers import ConversationId
from domain.message import NewMessage
from domain.roles import Role
from entrypoints.openai_api.addresses import require_conversation_id
from entrypoints.openai_api.bodies import Items, to_messages

_ONE_TURN = "must be text, or one message of the role user"
_NOT_YET = "is not supported"


class NamedConversation(msgspec.Struct, frozen=True):
    """The conversation, as an object."""

    id: str


class ResponseBody(msgspec.Struct, frozen=True, kw_only=True):
    """A turn. What would change the answer and can't be had is refused; all that is not named here is ignored."""

    input: str | Items
    model: str | None = None
    conversation: str | NamedConversation | None = None
    stream: bool | None = None
    instructions: Any = None
    previous_response_id: str | None = None
    tools: list[Any] | None = None
    background: bool | None = None
    store: bool | None = None

    def to_message(self) -> NewMessage:
        """The user's message. Raises RuleViolationError, also for what is not supported."""
        for name in ("instructions", "previous_response_id", "tools", "background"):
            if getattr(self, name):
                raise RuleViolationError(name, _NOT_YET)
        if self.store is False:
            raise RuleViolationError("store", "must not be false: what is said is kept")
        if isinstance(self.input, str):
            return NewMessage(role=Role.USER, content=self._require_text(self.input))
        messages = to_messages(self.input, "input")
        if [message.role for message in messages] != [Role.USER] or messages[0].content_json is None:
            raise RuleViolationError("input", _ONE_TURN)
        return messages[0]

    def conversation_id(self) -> ConversationId | None:
        """The conversation that is named; None if none is. Raises ConversationNotFoundError for a malformed id."""
        named = self.conversation
        if named is None:
            return None
        return require_conversation_id(named if isinstance(named, str) else named.id)

    @staticmethod
    def _require_text(text: str) -> str:
        if not text.strip():
            raise RuleViolationError("input", "must not be blank")
        return text
