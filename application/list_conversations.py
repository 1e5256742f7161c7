"""List conversations: the caller's own, latest activity first."""

from domain.pages import ConversationPage, ConversationWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal


class ListConversations:
    """List the caller's conversations."""

    def __init__(self, conversations: ConversationRepository) -> None:
        self._conversations = conversations

    async def __call__(self, principal: Principal, window: ConversationWindow) -> ConversationPage:
        """A page of them. One that becomes active during a walk moves to the top and is not met again below."""
        return await self._conversations.conversations(principal.owner_id, window)
