"""A session of the Agents SDK: a conversation of the service, read and written as items."""

from collections.abc import Sequence
from typing import Any, Final, cast
from uuid import uuid4

from agents import SessionSettings, TResponseInputItem
from agents.memory.session_settings import resolve_session_limit

from application.facade import Application
from domain.append import MAX_MESSAGES as MOST_APPENDED
from domain.errors import RuleViolationError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, format_conversation_id
from domain.json_text import JsonText
from domain.message import Message, NewMessage
from domain.pages import MAX_MESSAGES as MOST_READ
from domain.pages import MessageWindow
from domain.principal import Principal
from domain.response_items import items_of, message_of, opaque_message_of

_FINGERPRINT: Final = b"session"
"""Of every append: its key is its own."""


class ConversationSession:
    """The SDK's ``Session`` over a conversation of one owner, which everybody else reads as chat messages.

    Every item comes back as it was added. An item that the conversation's rules refuse as a chat message (such as a
    result whose call a user's turn has closed) is kept as an item alone: no other model gets it.
    """

    def __init__(
        self,
        application: Application,
        *,
        owner_id: str,
        conversation_id: ConversationId,
        session_settings: SessionSettings | None = None,
    ) -> None:
        self.session_id = format_conversation_id(conversation_id)
        self.session_settings = session_settings
        self._application = application
        self._agent = Principal.agent(on_behalf_of=owner_id)
        self._conversation_id = conversation_id
        self._unconfirmed: tuple[JsonText, str] | None = None
        """The items that were added last and the key that they had, if nobody knows whether they were written."""

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """The newest ``limit`` items, oldest first; all if neither the caller nor the session's settings limit them.

        Raises ConversationNotFoundError, UnavailableError.
        """
        limit = resolve_session_limit(limit, self.session_settings)
        messages: list[Message] = []
        count, before, has_more = 0, None, True
        while has_more and (limit is None or count < limit):
            window = MessageWindow(before=before, limit=MOST_READ if limit is None else min(limit, MOST_READ))
            page = await self._application.read_history(self._agent, self._conversation_id, window)
            messages[:0] = page.messages
            count += len(items_of(page.messages))
            before, has_more = page.messages[0].seq if page.messages else None, page.has_more_before
        items = items_of(messages)
        return cast(
            "list[TResponseInputItem]", items if limit is None else items[len(items) - min(limit, len(items)) :]
        )

    async def add_items(self, items: Sequence[TResponseInputItem]) -> None:
        """Append the items, 100 at a time. If that failed, the same items may be added again, and are not doubled.

        Raises ConversationNotFoundError; ReplyRunningError while a reply of the service runs in the conversation;
        TooManyMessagesError if the conversation's quota does not hold all 100; RuleViolationError for what JSON can't
        hold or is too large, UnavailableError.
        """
        added = cast("list[dict[str, Any]]", [*items])
        messages = [message_of(item) for item in added]
        document, key = JsonText.of(added), uuid4().hex
        if self._unconfirmed is not None and self._unconfirmed[0] == document:
            key = self._unconfirmed[1]
        self._unconfirmed = (document, key)
        for first in range(0, len(added), MOST_APPENDED):
            batch = slice(first, first + MOST_APPENDED)
            await self._append(added[batch], messages[batch], f"{key}-{first}")
        self._unconfirmed = None

    async def pop_item(self) -> TResponseInputItem | None:
        """Take back the newest item, and return it; None if there is none.

        A message of another writer's may have several items; it is taken back whole, and its last item returned.
        Raises ConversationNotFoundError, ReplyRunningError, UnavailableError.
        """
        while message := await self._application.pop_message(self._agent, self._conversation_id):
            if items := items_of([message]):
                return cast("TResponseInputItem", items[-1])
        return None

    async def clear_session(self) -> None:
        """Remove all items; the conversation stays. Raises as ``pop_item``."""
        await self._application.clear_conversation(self._agent, self._conversation_id)

    async def _append(self, items: Sequence[dict[str, Any]], messages: list[NewMessage], key: str) -> None:
        idempotency_key = IdempotencyKey(key=key, fingerprint=_FINGERPRINT)
        while True:
            try:
                await self._application.append_messages(
                    self._agent, self._conversation_id, messages, key=idempotency_key
                )
            except RuleViolationError as error:
                place = _refused(error, messages)
                if place is None:
                    raise
                messages[place] = opaque_message_of(items[place])
            else:
                return


def _refused(error: RuleViolationError, messages: Sequence[NewMessage]) -> int | None:
    """The place of the message whose call or result does not fit the conversation; None if it is no such error."""
    for place, message in enumerate(messages):
        if error.field.startswith(f"messages[{place}].tool_call") and (message.call_ids or message.tool_call_id):
            return place
    return None
