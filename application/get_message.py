"""Get one message."""

from application.show_reply import ShowReply
from domain.identifiers import ConversationId
from domain.message import Message
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal


class GetMessage:
    """Read one message of a conversation of the caller's."""

    def __init__(self, conversations: ConversationRepository, show: ShowReply) -> None:
        self._conversations = conversations
        self._show = show

    async def __call__(self, principal: Principal, conversation_id: ConversationId, seq: int) -> Message:
        """The message; one in progress has what was said until now. Raises MessageNotFoundError."""
        message = await self._conversations.message(principal.owner_id, conversation_id, seq)
        shown = await self._show(principal.owner_id, [message])
        return shown[0] if shown else await self._conversations.message(principal.owner_id, conversation_id, seq)
