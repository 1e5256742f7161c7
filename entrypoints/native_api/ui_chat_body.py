"""The body of a chat request as the AI SDK's ``useChat`` sends it."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from domain.errors import RuleViolationError
from domain.identifiers import ConversationId, parse_conversation_id
from domain.message import NewMessage
from entrypoints.native_api.ui_messages import read_message

NEW_ID: Final = '`conv_${crypto.randomUUID().replaceAll("-", "")}`'
"""How a front end makes the id of a new conversation, in JavaScript."""


class Trigger(StrEnum):
    """What the front end wants."""

    SUBMIT = "submit-message"
    REGENERATE = "regenerate-message"


type UIMessages = Annotated[
    list[msgspec.Raw],
    msgspec.Meta(
        description="All messages of the front end. The last one counts, which must be the user's.",
        extra_json_schema={"items": {"$ref": "#/components/schemas/UIMessage"}, "minItems": 1},
    ),
]


class UIChatBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What the default transport of the AI SDK's `useChat` sends; the answer is always streamed.

    `id` is the conversation's, which is made if the caller has none of that id. Of the last message the texts and files
    are taken. A message is not written anew, so `messageId` is refused. The trigger `regenerate-message` asks again for
    the reply to a message that was sent under an Idempotency-Key, and needs that key.
    """

    id: Annotated[str, msgspec.Meta(extra_json_schema={"pattern": "^conv_[0-9a-f]{32}$"})]
    messages: UIMessages
    trigger: Trigger
    message_id: str | None = None

    def conversation_id(self) -> ConversationId:
        """The conversation's id. Raises RuleViolationError, which says how to make one."""
        conversation_id = parse_conversation_id(self.id)
        if conversation_id is None:
            raise RuleViolationError("id", f"must be conv_ and 32 hex digits; a new one is {NEW_ID}")
        return conversation_id

    @property
    def fingerprinted(self) -> bytes:
        """What tells a retry from another request: what is read of the body, but for the trigger."""
        return f"{self.id}\n".encode() + b"".join(bytes(message) for message in self.messages[-1:])

    def to_message(self, *, has_key: bool) -> NewMessage:
        """The user's message; ``has_key``: with an Idempotency-Key. Raises RuleViolationError, naming the field."""
        if self.trigger is Trigger.REGENERATE and not has_key:
            raise RuleViolationError("trigger", "needs the Idempotency-Key of the message, unless it is submit-message")
        if self.message_id is not None:
            raise RuleViolationError("messageId", "must be left out: a message is not written anew")
        if not self.messages:
            raise RuleViolationError("messages", "must end with the user's message")
        last = len(self.messages) - 1
        return read_message(self.messages[last], f"messages[{last}]")
