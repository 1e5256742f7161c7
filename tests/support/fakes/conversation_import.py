"""The import of conversations into an in-memory repository."""

from collections.abc import Sequence
from dataclasses import replace
from typing import override

from domain.conversation import Conversation
from domain.identifiers import ConversationId, OwnerId
from domain.imports import ImportedMessage
from domain.message import Message, NewMessage
from domain.ports.conversation_import import ConversationImport
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository, KeptConversation


class InMemoryConversationImport(ConversationImport):
    """Writes at once; ``batches`` tells how many messages each write had."""

    def __init__(self, repository: InMemoryConversationRepository) -> None:
        self._repository = repository
        self.batches: list[int] = []

    @override
    async def begin(self, owner_id: OwnerId, conversation: Conversation) -> bool:
        if (owner_id, conversation.id) in self._repository._kept:
            return False
        self._repository._kept[owner_id, conversation.id] = KeptConversation(replace(conversation))
        return True

    @override
    async def write(
        self, owner_id: OwnerId, conversation_id: ConversationId, messages: Sequence[ImportedMessage]
    ) -> None:
        self.batches.append(len(messages))
        self._repository._kept[owner_id, conversation_id].messages += [
            Message.of(one.message, conversation_id, one.seq, one.created_at) for one in messages
        ]

    @override
    async def leave_out(self, owner_id: OwnerId, conversation: Conversation, first_seq: int, last_seq: int) -> None:
        kept = self._repository._kept[owner_id, conversation.id]
        seqs = range(first_seq, last_seq + 1)
        turn = NewMessage(role=Role.USER, content="-")
        kept.messages += [Message.of(turn, conversation.id, seq, conversation.updated_at) for seq in seqs]
        kept.removed |= {*seqs}

    @override
    async def leave_open(self, owner_id: OwnerId, conversation_id: ConversationId, calls: frozenset[str]) -> None:
        self._repository._kept[owner_id, conversation_id].open_calls = calls
