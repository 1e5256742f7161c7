"""The contract of the port through which old idempotency keys are purged, for every implementation."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database
from adapters.postgres.stored_keys import PostgresStoredKeys
from domain.conversation import NewConversation
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId, make_uuid7
from domain.json_text import EMPTY_OBJECT
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.stored_keys import StoredKeys
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.stored_keys import InMemoryStoredKeys

HOUR = timedelta(hours=1)
AGED = "UPDATE idempotency_keys SET created_at = created_at - $3::interval WHERE owner_id = $1 AND key = $2"


@dataclass(frozen=True)
class Storage:
    keys: StoredKeys
    repository: ConversationRepository
    set_back: Callable[[OwnerId, str, timedelta], Awaitable[object]]

    async def keep(self, owner_id: OwnerId, name: str, age: timedelta = timedelta()) -> None:
        """Create an empty conversation under a key, so long ago."""
        conversation_id = ConversationId(make_uuid7(1, secrets.randbits(74)))
        new = NewConversation(id=conversation_id, title=None, metadata=EMPTY_OBJECT, append=None)
        await self.repository.create(owner_id, new, key(name))
        await self.set_back(owner_id, name, age)

    async def kept(self, owner_id: OwnerId, *names: str) -> set[str]:
        return {name for name in names if await self.repository.effect(owner_id, key(name))}


def key(name: str) -> IdempotencyKey:
    return IdempotencyKey(key=name, fingerprint=b"f")


@pytest.fixture(params=["in memory", "PostgreSQL"])
def storage(request: pytest.FixtureRequest, database: Database) -> Storage:
    if request.param == "in memory":
        repository = InMemoryConversationRepository()

        async def set_back_in_memory(owner_id: OwnerId, name: str, age: timedelta) -> None:
            effect = repository._keys[owner_id, name]
            repository._keys[owner_id, name] = replace(effect, created_at=effect.created_at - age)

        return Storage(InMemoryStoredKeys(repository), repository, set_back_in_memory)

    async def set_back(owner_id: OwnerId, name: str, age: timedelta) -> None:
        await database.fetch(AGED, (owner_id, name, age))

    return Storage(PostgresStoredKeys(database), PostgresConversationRepository(database), set_back)


@pytest.fixture
def prefix() -> OwnerId:
    """An owner before all of the test's own, and after whom no other test's come in between."""
    return OwnerId(f"stored-keys-{secrets.token_hex(6)}")


async def test_owners_of_keys_come_once_each_after_a_given_one(storage: Storage, prefix: OwnerId) -> None:
    owners = [OwnerId(f"{prefix}-{number}") for number in range(4)]
    for owner in reversed(owners):
        await storage.keep(owner, "a")
        await storage.keep(owner, "b")

    assert await storage.keys.owners(prefix, 4) == owners
    assert await storage.keys.owners(prefix, 2) == owners[:2]
    assert await storage.keys.owners(owners[1], 2) == owners[2:]
    assert await storage.keys.owners(None, 1)


async def test_only_the_owners_older_keys_are_deleted(storage: Storage, prefix: OwnerId) -> None:
    ann, bob = OwnerId(f"{prefix}-ann"), OwnerId(f"{prefix}-bob")
    for owner in (ann, bob):
        await storage.keep(owner, "young", 47 * HOUR)
        await storage.keep(owner, "old", 49 * HOUR)
        await storage.keep(owner, "new")

    assert await storage.keys.delete_older_than(ann, 48 * HOUR, 10) == 1
    assert await storage.keys.delete_older_than(ann, 48 * HOUR, 10) == 0
    assert await storage.kept(ann, "young", "old", "new") == {"young", "new"}
    assert await storage.kept(bob, "young", "old", "new") == {"young", "old", "new"}


async def test_a_batch_is_no_larger_than_asked_and_passes_over_younger_keys(storage: Storage, prefix: OwnerId) -> None:
    for number in range(5):
        await storage.keep(prefix, f"a-young-{number}")
        await storage.keep(prefix, f"b-old-{number}", 30 * HOUR)

    assert [await storage.keys.delete_older_than(prefix, 24 * HOUR, 2) for _ in range(4)] == [2, 2, 1, 0]


async def test_several_that_delete_at_once_delete_each_key_once(storage: Storage, prefix: OwnerId) -> None:
    for number in range(30):
        await storage.keep(prefix, str(number), 30 * HOUR)

    deleted = await asyncio.gather(*(storage.keys.delete_older_than(prefix, 24 * HOUR, 7) for _ in range(5)))

    assert sum(deleted) == 30
