"""Read history: a page of a conversation's messages, and the conversation with it."""

from domain.identifiers import ConversationId
from domain.pages import MessagePage, MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal


class ReadHistory:
    """Read a conversation of the caller's, page by page."""

    def __init__(self, conversations: ConversationRepository) -> None:
        self._conversations = conversations

    async def __call__(
        self, principal: Principal, conversation_id: ConversationId, window: MessageWindow | None = None
    ) -> MessagePage:
        """The messages of the window (default: the newest 50), oldest first. Raises ConversationNotFoundError."""
        window = window or MessageWindow()
        conversation, messages = await self._conversations.messages(principal.owner_id, conversation_id, window)
        return MessagePage.of(window, conversation, messages)
