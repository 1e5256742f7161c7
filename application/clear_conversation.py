"""Clear a conversation: remove all its messages, and keep the conversation."""

from application.removal import attempt_to_remove
from application.settle_reply import SettleReply
from domain.identifiers import ConversationId
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal


class ClearConversation:
    """Remove all messages of a conversation of the caller's, for good."""

    def __init__(self, conversations: ConversationRepository, settle: SettleReply) -> None:
        self._conversations = conversations
        self._settle = settle

    async def __call__(self, principal: Principal, conversation_id: ConversationId) -> None:
        """Remove them; what is appended next has the next seq. Raises ConversationNotFoundError, ReplyRunningError."""
        owner_id = principal.owner_id

        async def clear() -> None:
            conversation = await self._conversations.conversation(owner_id, conversation_id)
            await self._conversations.clear(owner_id, conversation_id, conversation.last_seq)

        await attempt_to_remove(clear, self._settle, owner_id, conversation_id)
