"""What owners have in an in-memory repository."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import override

from domain.identifiers import ConversationId, OwnerId
from domain.maintenance import Holdings, OwnedRows
from domain.ports.owner_data_repository import OwnerDataRepository
from tests.support.fakes.conversations import InMemoryConversationRepository


class InMemoryOwnerDataRepository(OwnerDataRepository):
    """Owners are in the order of their code points; the clock is the repository's, moved on by ``later``.

    ``batches`` tells how many conversations or keys each batch deleted.
    """

    def __init__(self, repository: InMemoryConversationRepository, later: timedelta = timedelta()) -> None:
        self._repository = repository
        self._later = later
        self.batches: list[tuple[OwnerId, int]] = []

    @override
    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        return _following(after, limit, [*self._repository._kept, *self._repository._keys])

    @override
    async def owners_of_keys(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        return _following(after, limit, self._repository._keys)

    @override
    async def holdings(self, owner_id: OwnerId) -> Holdings:
        return self._count([one for one in self._repository._kept if one[0] == owner_id])

    @override
    async def rows(self, owner_id: OwnerId) -> OwnedRows:
        holdings = await self.holdings(owner_id)
        keys = sum(owner == owner_id for owner, _ in self._repository._keys)
        return OwnedRows(conversations=holdings.conversations, messages=holdings.messages, idempotency_keys=keys)

    @override
    async def delete_conversations(self, owner_id: OwnerId, limit: int) -> Holdings:
        oldest = sorted(one for one in self._repository._kept if one[0] == owner_id)[:limit]
        deleted = self._count(oldest)
        for one in oldest:
            del self._repository._kept[one]
        self.batches.append((owner_id, deleted.conversations))
        return deleted

    @override
    async def expired(self, owner_id: OwnerId, older_than: timedelta) -> Holdings:
        return self._count(self._expired(owner_id, older_than))

    @override
    async def delete_expired(self, owner_id: OwnerId, limit: int, older_than: timedelta) -> Holdings:
        expired = self._expired(owner_id, older_than)[:limit]
        deleted = self._count(expired)
        for one in expired:
            del self._repository._kept[one]
        self.batches.append((owner_id, deleted.conversations))
        return deleted

    @override
    async def delete_keys(self, owner_id: OwnerId, limit: int, older_than: timedelta | None = None) -> int:
        now = self._repository._now + self._later
        keys = [
            one
            for one, effect in self._repository._keys.items()
            if one[0] == owner_id and (older_than is None or effect.created_at < now - older_than)
        ][:limit]
        for one in keys:
            del self._repository._keys[one]
        self.batches.append((owner_id, len(keys)))
        return len(keys)

    def _expired(self, owner_id: OwnerId, older_than: timedelta) -> Sequence[tuple[OwnerId, ConversationId]]:
        before = self._repository._now + self._later - older_than
        return [
            one
            for one, kept in self._repository._kept.items()
            if one[0] == owner_id and kept.conversation.updated_at < before and kept.reply_seq is None
        ]

    def _count(self, found: Collection[tuple[OwnerId, ConversationId]]) -> Holdings:
        messages = sum(len(self._repository._kept[one].messages) for one in found)
        return Holdings(conversations=len(found), messages=messages)


def _following(after: OwnerId | None, limit: int, kept: Collection[tuple[OwnerId, object]]) -> Sequence[OwnerId]:
    found = {owner for owner, _ in kept if after is None or owner > after}
    return sorted(found)[:limit]
