"""The idempotency keys of an in-memory repository."""

from collections.abc import Sequence
from datetime import timedelta
from typing import override

from domain.identifiers import OwnerId
from domain.ports.stored_keys import StoredKeys
from tests.support.fakes.conversations import InMemoryConversationRepository


class InMemoryStoredKeys(StoredKeys):
    """Its clock is the repository's, moved on by ``later``; it notes how many each batch deleted."""

    def __init__(self, repository: InMemoryConversationRepository, later: timedelta = timedelta()) -> None:
        self._repository = repository
        self.later = later
        self.batches: list[tuple[OwnerId, int]] = []

    @override
    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        found = {owner for owner, _ in self._repository._keys}
        return sorted(owner for owner in found if after is None or owner > after)[:limit]

    @override
    async def delete_older_than(self, owner_id: OwnerId, age: timedelta, limit: int) -> int:
        before = self._repository._now + self.later - age
        kept = self._repository._keys
        old = [one for one, effect in kept.items() if one[0] == owner_id and effect.created_at < before][:limit]
        for one in old:
            del kept[one]
        self.batches.append((owner_id, len(old)))
        return len(old)
