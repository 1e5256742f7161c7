"""Find an item: the message of a conversation that keeps an item under an id of the item's own."""

from typing import Final

from domain.errors import ConversationNotFoundError, MessageNotFoundError
from domain.identifiers import ConversationId
from domain.pages import MAX_MESSAGES, MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal

_MAX_PAGES: Final = 5
"""There is no index of such ids: a client that asks for one that does not exist must not read a whole conversation."""


class FindItem:
    """Find where a conversation of the caller's keeps an item."""

    def __init__(self, conversations: ConversationRepository) -> None:
        self._conversations = conversations

    async def __call__(self, principal: Principal, conversation_id: ConversationId, item_id: str) -> int:
        """The seq of the newest message with such an item among the newest 1,000. Raises MessageNotFoundError."""
        before: int | None = None
        for _ in range(_MAX_PAGES):
            window = MessageWindow(before=before, limit=MAX_MESSAGES)
            try:
                page = await self._conversations.messages(principal.owner_id, conversation_id, window)
            except ConversationNotFoundError:
                break
            for message in reversed(page.messages):
                if message.item is not None and message.item.value.get("id") == item_id:
                    return message.seq
            if not page.has_more_before:
                break
            before = page.messages[0].seq
        raise MessageNotFoundError
