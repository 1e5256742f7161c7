"""The ports of maintenance in memory."""

from collections.abc import Collection, Sequence
from typing import override

from domain.errors import NoUsersError
from domain.identifiers import ConversationId, OwnerId
from domain.maintenance import Holdings
from domain.ports.owned_data import OwnedData
from domain.ports.user_directory import UserDirectory
from tests.support.fakes.conversations import InMemoryConversationRepository


class InMemoryOwnedData(OwnedData):
    """What an in-memory repository keeps; owners are in the order of their code points."""

    def __init__(self, repository: InMemoryConversationRepository) -> None:
        self._repository = repository

    @override
    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        found = {owner for kept in (self._repository._kept, self._repository._keys) for owner, _ in kept}
        return sorted(owner for owner in found if after is None or owner > after)[:limit]

    @override
    async def holdings(self, owner_id: OwnerId) -> Holdings:
        return self._count([one for one in self._repository._kept if one[0] == owner_id])

    @override
    async def delete_conversations(self, owner_id: OwnerId, limit: int) -> Holdings:
        oldest = sorted(one for one in self._repository._kept if one[0] == owner_id)[:limit]
        deleted = self._count(oldest)
        for one in oldest:
            del self._repository._kept[one]
        return deleted

    @override
    async def delete_idempotency_keys(self, owner_id: OwnerId, limit: int) -> int:
        keys = [one for one in self._repository._keys if one[0] == owner_id][:limit]
        for one in keys:
            del self._repository._keys[one]
        return len(keys)

    def _count(self, found: Collection[tuple[OwnerId, ConversationId]]) -> Holdings:
        messages = sum(len(self._repository._kept[one].messages) for one in found)
        return Holdings(conversations=len(found), messages=messages)


class InMemoryUserDirectory(UserDirectory):
    """Knows the users it is given."""

    def __init__(self, *users: OwnerId) -> None:
        self.users = set(users)

    @override
    async def users_among(self, owner_ids: Collection[OwnerId]) -> frozenset[OwnerId]:
        if not self.users:
            raise NoUsersError
        return frozenset(self.users.intersection(owner_ids))
