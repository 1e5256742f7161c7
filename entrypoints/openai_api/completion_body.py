"""The body with which OpenAI's clients ask for a chat completion."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, Final

import msgspec

from domain.errors import RuleViolationError
from domain.identifiers import ConversationId
from domain.message import NewMessage
from domain.roles import INSTRUCT, Role
from entrypoints.openai_api.addresses import require_conversation_id

_CONVERSATION: Final = "conversation_id"
"""The key of the metadata that names a conversation."""
_UNSUPPORTED: Final = ("audio", "functions", "logprobs", "moderation", "tools", "web_search_options")
_ONLY: Final[Mapping[str, Any]] = {"modalities": ["text"], "n": 1, "response_format": {"type": "text"}}


class ChatMessageBody(msgspec.Struct, frozen=True, kw_only=True):
    """A message, in the terms of Chat Completions; other keys are ignored, since clients send answers back whole."""

    role: Role
    content: str | list[dict[str, Any]] | None = None
    name: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None


class StreamOptions(msgspec.Struct, frozen=True):
    """What a stream has beside the answer."""

    include_usage: bool | None = None


class CompletionBody(msgspec.Struct, frozen=True, kw_only=True):
    """A talk. What would change the answer and can't be had is refused; all that is not named here is ignored."""

    messages: list[ChatMessageBody]
    model: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    metadata: dict[str, Any] | None = None
    store: bool | None = None
    audio: Any = None
    functions: Any = None
    logprobs: Any = None
    modalities: Any = None
    moderation: Any = None
    n: int | None = None
    response_format: Any = None
    tools: Any = None
    web_search_options: Any = None

    @property
    def has_usage(self) -> bool:
        """Whether a stream has to tell the tokens."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def require_what_can_be_had(self) -> None:
        """Raise RuleViolationError for what can't."""
        for name in _UNSUPPORTED:
            if getattr(self, name):
                raise RuleViolationError(name, "is not supported with this model")
        for name, only in _ONLY.items():
            if getattr(self, name) not in (None, only):
                raise RuleViolationError(name, "does not support this value with this model, only the default")

    def conversation_id(self, headers: Sequence[str]) -> ConversationId | None:
        """The conversation that the metadata or a header names; None if none is: then nothing is kept.

        Raises RuleViolationError, also if ``store`` says the contrary; ConversationNotFoundError for a malformed id.
        """
        named = {*headers}
        if (value := (self.metadata or {}).get(_CONVERSATION)) is not None:
            if not isinstance(value, str):
                raise RuleViolationError(f"metadata.{_CONVERSATION}", "is not valid: expected text")
            named.add(value)
        if len(named) > 1:
            raise RuleViolationError(f"metadata.{_CONVERSATION}", "must not differ from the header X-Conversation-Id")
        if self.store is not None and self.store is not bool(named):
            raise RuleViolationError("store", "must be true with a conversation, and false without one")
        return require_conversation_id(named.pop()) if named else None

    def instructions(self) -> str | None:
        """What the messages say that instruct, at its beginning. Raises RuleViolationError as ``to_messages``."""
        said = [self._message(index).text for index in range(self._beginning)]
        return "\n\n".join(said) or None

    def to_messages(self) -> list[NewMessage]:
        """All messages but the instructions. Raises RuleViolationError, naming the message by its place."""
        return [self._message(index) for index in range(self._beginning, len(self.messages))]

    def to_turn(self) -> NewMessage:
        """The last message, which is the user's: the conversation has those before it. Raises RuleViolationError."""
        last = len(self.messages) - 1
        if last < self._beginning or self.messages[last].role is not Role.USER:
            raise RuleViolationError("messages", "must end with one of the role user")
        return self._message(last)

    @property
    def _beginning(self) -> int:
        """Where the talk begins, after the instructions."""
        return sum(1 for _ in takewhile(lambda message: message.role in INSTRUCT, self.messages))

    def _message(self, index: int) -> NewMessage:
        message = self.messages[index]
        try:
            return NewMessage(
                role=message.role,
                content=message.content,
                name=message.name,
                tool_calls=message.tool_calls or (),
                tool_call_id=message.tool_call_id,
            )
        except RuleViolationError as error:
            raise error.within(f"messages[{index}]") from None
