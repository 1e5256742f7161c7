"""The body with which OpenAI's clients ask for a response."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from domain.errors import NotFoundError, PreviousReplyNotFoundError, RuleViolationError
from domain.identifiers import ConversationId, OwnerId
from domain.message import NewMessage
from domain.roles import Role
from entrypoints.openai_api.addresses import require_conversation_id
from entrypoints.openai_api.asked_responses import AskedResponse
from entrypoints.openai_api.bodies import Items, require_metadata, to_messages
from entrypoints.openai_api.response_ids import require_reply


class NamedConversation(msgspec.Struct, frozen=True):
    """The conversation, as an object."""

    id: str


class TextOptions(msgspec.Struct, frozen=True):
    """The form of the text."""

    format: Any = None


class ResponseBody(msgspec.Struct, frozen=True, kw_only=True):
    """A turn. What would change the answer and can't be had is refused; all that is not named here is ignored."""

    input: str | Items
    model: str | None = None
    conversation: str | NamedConversation | None = None
    previous_response_id: str | None = None
    stream: bool | None = None
    background: bool | None = None
    instructions: str | None = None
    metadata: dict[str, Any] | None = None
    tools: list[Any] | None = None
    text: TextOptions | None = None
    store: bool | None = None

    def asked(self) -> AskedResponse:
        """What the response tells of it. Raises RuleViolationError, also for what is not supported."""
        if self.tools:
            raise RuleViolationError("tools", "is not supported: the agent of the service has its own")
        if self.text is not None and self.text.format not in (None, {"type": "text"}):
            raise RuleViolationError("text.format", "does not support this value with this model, only the default")
        if self.store is False:
            raise RuleViolationError("store", "must not be false: what is said is kept")
        if self.previous_response_id is not None and self.conversation is not None:
            raise RuleViolationError("previous_response_id", "can't be given together with conversation")
        return AskedResponse(
            background=bool(self.background),
            previous_response_id=self.previous_response_id,
            metadata=require_metadata(self.metadata),
            instructions=self.instructions or None,
        )

    def to_messages(self) -> list[NewMessage]:
        """The turn, at least one message. Raises RuleViolationError."""
        if isinstance(self.input, str):
            return [NewMessage(role=Role.USER, content=self._require_text(self.input))]
        if not self.input:
            raise RuleViolationError("input", "must have at least one item")
        return to_messages(self.input, "input")

    def place(self, owner_id: OwnerId) -> tuple[ConversationId | None, int | None]:
        """The conversation that is named, and the seq of the reply that is followed; None for what is not named.

        Raises ConversationNotFoundError, PreviousReplyNotFoundError for a malformed id.
        """
        if self.previous_response_id is not None:
            try:
                reply = require_reply(owner_id, self.previous_response_id)
            except NotFoundError:
                raise PreviousReplyNotFoundError from None
            return reply.conversation_id, reply.seq
        named = self.conversation
        if named is None:
            return None, None
        return require_conversation_id(named if isinstance(named, str) else named.id), None

    @staticmethod
    def _require_text(text: str) -> str:
        if not text.strip():
            raise RuleViolationError("input", "must not be blank")
        return text


@contextmanager
def naming_items_of_input() -> Iterator[None]:
    """Let errors name the messages of a turn as the client knows them."""
    try:
        yield
    except RuleViolationError as error:
        raise type(error)(re.sub("^messages", "input", error.field), str(error)) from None
