"""All that is kept, sound or not, as a test says."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import override

from domain.consistency import CallHistory, StoredConversation, StoredIdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.ports.consistency_reader import ConsistencyReader


@dataclass
class Belongings:
    """What one owner has."""

    conversations: list[StoredConversation] = field(default_factory=list)
    stray: dict[ConversationId, int] = field(default_factory=dict)
    keys: list[StoredIdempotencyKey] = field(default_factory=list)
    calls: dict[ConversationId, CallHistory] = field(default_factory=dict)


class ScriptedConsistencyReader(ConsistencyReader):
    """Yields what it is given, and notes whose calls were asked for."""

    def __init__(self, belongings: Mapping[OwnerId, Belongings], of_nobody: Mapping[str, int] | None = None) -> None:
        self._belongings = belongings
        self._of_nobody = of_nobody or {}
        self.asked_for_calls: list[ConversationId] = []

    @override
    async def owners(self) -> AsyncIterator[OwnerId]:
        for owner_id in self._belongings:
            yield owner_id

    @override
    async def rows_of_nobody(self) -> Mapping[str, int]:
        return self._of_nobody

    @override
    async def conversations(self, owner_id: OwnerId) -> AsyncIterator[StoredConversation]:
        for conversation in self._belongings[owner_id].conversations:
            yield conversation

    @override
    async def stray_messages(self, owner_id: OwnerId) -> AsyncIterator[tuple[ConversationId, int]]:
        for stray in self._belongings[owner_id].stray.items():
            yield stray

    @override
    async def keys(self, owner_id: OwnerId) -> AsyncIterator[StoredIdempotencyKey]:
        for key in self._belongings[owner_id].keys:
            yield key

    @override
    async def calls(self, owner_id: OwnerId, conversation_id: ConversationId) -> CallHistory | None:
        self.asked_for_calls.append(conversation_id)
        return self._belongings[owner_id].calls.get(conversation_id)
