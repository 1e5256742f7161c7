"""Everything of an owner in an in-memory repository."""

from collections.abc import AsyncGenerator
from typing import override

from domain.conversation import Conversation
from domain.errors import ConflictError
from domain.identifiers import OwnerId
from domain.message import Message
from domain.ports.owner_archive import OwnerArchive
from tests.support.fakes.conversations import InMemoryConversationRepository


class InMemoryOwnerArchive(OwnerArchive):
    """Reads a message at a time."""

    def __init__(self, repository: InMemoryConversationRepository) -> None:
        self._repository = repository

    @override
    async def entries(self, owner_id: OwnerId) -> AsyncGenerator[Conversation | Message, None]:
        for place in sorted(place for place in self._repository._kept if place[0] == owner_id):
            kept = self._repository._kept.get(place)
            if kept is None:
                continue
            conversation = kept.conversation
            yield conversation
            for message in kept.remaining:
                if place not in self._repository._kept:
                    raise ConflictError
                if message.seq <= conversation.last_seq:
                    yield message
