"""Update a conversation: its title, its metadata, whether it is archived."""

from typing import Final

from domain.conversation import Conversation, ConversationPatch
from domain.errors import ConflictError, StateMovedError
from domain.identifiers import ConversationId
from domain.json_text import JsonText
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal

_MAX_ATTEMPTS: Final = 100


class UpdateConversation:
    """Change a conversation of the caller's."""

    def __init__(self, conversations: ConversationRepository) -> None:
        self._conversations = conversations

    async def __call__(
        self, principal: Principal, conversation_id: ConversationId, patch: ConversationPatch
    ) -> Conversation:
        """Apply the patch (RFC 7396) to the conversation as it is now; concurrent patches are applied in turn.

        Raises RuleViolationError, ConversationNotFoundError.
        """
        for _ in range(_MAX_ATTEMPTS):
            metadata: JsonText | None = None
            if patch.depends_on_metadata:
                metadata = (await self._conversations.conversation(principal.owner_id, conversation_id)).metadata
            change = patch.decide(metadata)
            try:
                return await self._conversations.update(principal.owner_id, conversation_id, change)
            except StateMovedError:
                continue
        raise ConflictError
