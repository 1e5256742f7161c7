"""Get one message."""

from domain.identifiers import ConversationId
from domain.message import Message
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal


class GetMessage:
    """Read one message of a conversation of the caller's."""

    def __init__(self, conversations: ConversationRepository) -> None:
        self._conversations = conversations

    async def __call__(self, principal: Principal, conversation_id: ConversationId, seq: int) -> Message:
        """The message. Raises MessageNotFoundError."""
        return await self._conversations.message(principal.owner_id, conversation_id, seq)
