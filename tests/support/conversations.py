"""Conversations of owners of their own, and something to say in them, for tests of the adapter."""

import secrets

from adapters.postgres.conversations import PostgresConversationRepository
from domain.append import decide_append
from domain.conversation import NewConversation
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import NewMessage
from domain.roles import Role
from tests.support.fakes.others import CountingConversationIds

SAID = decide_append([NewMessage(role=Role.USER, content="hello")], None)


async def new_conversation(repository: PostgresConversationRepository) -> tuple[OwnerId, ConversationId]:
    """Create an empty conversation of a new owner."""
    owner = OwnerId(f"owner-{secrets.token_hex(6)}")
    wanted = NewConversation(id=CountingConversationIds().next(), title=None, metadata=EMPTY_OBJECT, append=None)
    conversation, _ = await repository.create(owner, wanted, None)
    return owner, conversation.id
