"""Delete a conversation with all its messages."""

from domain.identifiers import ConversationId
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal


class DeleteConversation:
    """Delete a conversation of the caller's, at once and for good."""

    def __init__(self, conversations: ConversationRepository) -> None:
        self._conversations = conversations

    async def __call__(self, principal: Principal, conversation_id: ConversationId) -> None:
        """Nothing of it can be read or written afterwards. Raises ConversationNotFoundError."""
        await self._conversations.delete(principal.owner_id, conversation_id)
