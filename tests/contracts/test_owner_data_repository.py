"""The contract of what owners have, for every implementation."""

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database
from adapters.postgres.owner_data import PostgresOwnerDataRepository
from domain.append import decide_append
from domain.conversation import ConversationPatch, NewConversation
from domain.errors import ConversationNotFoundError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId, make_uuid7
from domain.json_text import EMPTY_OBJECT
from domain.maintenance import Holdings, OwnedRows
from domain.message import NewMessage
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.owner_data_repository import OwnerDataRepository
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.owner_data import InMemoryOwnerDataRepository

NOBODY = OwnerId("nobody")
HELLO = NewMessage(role=Role.USER, content="Hello")
HOUR = timedelta(hours=1)
LAST_ACTIVE = (
    "UPDATE conversations SET updated_at = statement_timestamp() - $3::interval WHERE owner_id = $1 AND id = $2"
)
REPLYING = "UPDATE conversations SET reply_seq = last_seq WHERE owner_id = $1 AND id = $2"
AGED = "UPDATE idempotency_keys SET created_at = statement_timestamp() - $3::interval WHERE owner_id = $1 AND key = $2"


@dataclass(frozen=True)
class Storage:
    """What is kept, the repository that keeps it, and what makes keys and conversations older, and replies run."""

    data: OwnerDataRepository
    repository: ConversationRepository
    set_back: Callable[[OwnerId, IdempotencyKey, timedelta], Awaitable[object]]
    age: Callable[[OwnerId, ConversationId, timedelta], Awaitable[object]]
    let_reply_run: Callable[[OwnerId, ConversationId], Awaitable[object]]

    async def keep(self, owner_id: OwnerId, number: int, *, messages: int = 1, key: bool = False) -> ConversationId:
        """Write a conversation, the younger the higher its number, under a key if one is asked for."""
        conversation_id = ConversationId(make_uuid7(number, secrets.randbits(74)))
        append = decide_append([HELLO] * messages, None)
        new = NewConversation(id=conversation_id, title=None, metadata=EMPTY_OBJECT, append=append)
        await self.repository.create(owner_id, new, key_number(number) if key else None)
        return conversation_id

    async def keep_aged(self, owner_id: OwnerId, age: timedelta, *, messages: int = 1) -> ConversationId:
        """Write a conversation whose last activity is so long ago."""
        conversation_id = await self.keep(owner_id, 1, messages=messages)
        await self.age(owner_id, conversation_id, age)
        return conversation_id

    async def keep_key(self, owner_id: OwnerId, name: str, age: timedelta = timedelta()) -> None:
        """Create an empty conversation under a key, so long ago."""
        new = NewConversation(
            id=ConversationId(make_uuid7(1, secrets.randbits(74))), title=None, metadata=EMPTY_OBJECT, append=None
        )
        await self.repository.create(owner_id, new, key_named(name))
        await self.set_back(owner_id, key_named(name), age)

    async def kept_keys(self, owner_id: OwnerId, *names: str) -> set[str]:
        """Those of the keys that are still there."""
        return {name for name in names if await self.repository.effect(owner_id, key_named(name))}

    async def keeps(self, owner_id: OwnerId, conversation_id: ConversationId) -> bool:
        """Whether the conversation is still there."""
        try:
            await self.repository.conversation(owner_id, conversation_id)
        except ConversationNotFoundError:
            return False
        return True


def key_named(name: str) -> IdempotencyKey:
    return IdempotencyKey(key=name, fingerprint=b"f")


def key_number(number: int) -> IdempotencyKey:
    return key_named(f"key-{number}")


@pytest.fixture(params=["in memory", "PostgreSQL"])
def storage(request: pytest.FixtureRequest, database: Database) -> Storage:
    if request.param == "in memory":
        repository = InMemoryConversationRepository()

        async def set_back_in_memory(owner_id: OwnerId, key: IdempotencyKey, age: timedelta) -> None:
            effect = repository._keys[owner_id, key.stored]
            repository._keys[owner_id, key.stored] = replace(effect, created_at=effect.created_at - age)

        async def age_in_memory(owner_id: OwnerId, conversation_id: ConversationId, age: timedelta) -> None:
            kept = repository.find(owner_id, conversation_id)
            kept.conversation = replace(kept.conversation, updated_at=kept.conversation.updated_at - age)

        async def let_reply_run_in_memory(owner_id: OwnerId, conversation_id: ConversationId) -> None:
            kept = repository.find(owner_id, conversation_id)
            kept.conversation = replace(kept.conversation, reply_seq=kept.conversation.last_seq)

        data = InMemoryOwnerDataRepository(repository)
        return Storage(data, repository, set_back_in_memory, age_in_memory, let_reply_run_in_memory)

    async def set_back(owner_id: OwnerId, key: IdempotencyKey, age: timedelta) -> None:
        await database.fetch(AGED, (owner_id, key.stored, age))

    async def age(owner_id: OwnerId, conversation_id: ConversationId, age: timedelta) -> None:
        await database.fetch(LAST_ACTIVE, (owner_id, conversation_id, age))

    async def let_reply_run(owner_id: OwnerId, conversation_id: ConversationId) -> None:
        await database.fetch(REPLYING, (owner_id, conversation_id))

    conversations = PostgresConversationRepository(database)
    return Storage(PostgresOwnerDataRepository(database), conversations, set_back, age, let_reply_run)


@pytest.fixture
def prefix() -> OwnerId:
    """An owner before all of the test's own, and after whom no other test's come in between."""
    return OwnerId(f"owner-data-{secrets.token_hex(6)}")


@pytest.fixture
def ann(prefix: OwnerId) -> OwnerId:
    return OwnerId(f"{prefix}-ann")


@pytest.fixture
def bob(prefix: OwnerId) -> OwnerId:
    return OwnerId(f"{prefix}-bob")


async def test_owners_come_once_each_after_a_given_one(storage: Storage, prefix: OwnerId) -> None:
    owners = [OwnerId(f"{prefix}-{number}") for number in range(5)]
    for owner, number in itertools.product(reversed(owners), range(3)):
        await storage.keep(owner, number, key=True)

    assert await storage.data.owners(prefix, 5) == owners
    assert await storage.data.owners(prefix, 2) == owners[:2]
    assert await storage.data.owners(owners[1], 3) == owners[2:]
    assert (await storage.data.owners(OwnerId(f"{owners[1]}-x"), 1)) == owners[2:3]


async def test_walking_the_owners_meets_every_one_and_ends(storage: Storage, prefix: OwnerId) -> None:
    owners = [OwnerId(f"{prefix}-{number}") for number in range(5)]
    for owner in owners:
        await storage.keep(owner, 1)

    met: list[OwnerId] = []
    page = await storage.data.owners(None, 3)
    while page:
        assert not set(page).intersection(met)
        met += page
        page = await storage.data.owners(met[-1], 3)

    assert [owner for owner in met if owner.startswith(prefix)] == owners


async def test_who_has_nothing_but_keys_is_an_owner_until_they_are_deleted(storage: Storage, ann: OwnerId) -> None:
    before = OwnerId(f"{ann}-")
    owner = OwnerId(f"{ann}-x")
    conversation_id = await storage.keep(owner, 1, key=True)
    await storage.repository.delete(owner, conversation_id)

    assert await storage.data.owners(before, 1) == [owner]
    assert await storage.data.holdings(owner) == Holdings()

    assert await storage.data.delete_keys(owner, 10) == 1
    assert owner not in await storage.data.owners(before, 1)


async def test_holdings_are_the_owners_own(storage: Storage, ann: OwnerId, bob: OwnerId) -> None:
    for number in range(3):
        await storage.keep(ann, number, messages=number + 1)
    await storage.keep(bob, 1, messages=10)

    assert await storage.data.holdings(ann) == Holdings(conversations=3, messages=6)
    assert await storage.data.holdings(NOBODY) == Holdings()


async def test_rows_are_the_owners_own(storage: Storage, ann: OwnerId, bob: OwnerId) -> None:
    for number in range(3):
        await storage.keep(ann, number, messages=number + 1, key=number > 0)
    await storage.keep(bob, 1, messages=10, key=True)

    assert await storage.data.rows(ann) == OwnedRows(conversations=3, messages=6, idempotency_keys=2)
    assert await storage.data.rows(NOBODY) == OwnedRows()


async def test_the_oldest_conversations_are_deleted_first_and_with_all_their_messages(
    storage: Storage, ann: OwnerId, bob: OwnerId
) -> None:
    conversations = [await storage.keep(ann, number, messages=number) for number in (3, 1, 2)]
    bobs = await storage.keep(bob, 1)
    third, first, second = conversations
    await storage.repository.append(ann, first, decide_append([HELLO], None), None)

    deleted = await storage.data.delete_conversations(ann, 2)

    assert deleted == Holdings(conversations=2, messages=4)
    assert [await storage.keeps(ann, one) for one in (first, second, third)] == [False, False, True]
    assert await storage.data.holdings(ann) == Holdings(conversations=1, messages=3)
    assert await storage.keeps(bob, bobs)


async def test_deleting_goes_on_until_no_conversation_is_left(storage: Storage, ann: OwnerId) -> None:
    for number in range(5):
        await storage.keep(ann, number)

    deleted = [(await storage.data.delete_conversations(ann, 2)).conversations for _ in range(5)]

    assert deleted == [2, 2, 1, 0, 0]


async def test_idempotency_keys_are_deleted_apart_from_conversations(
    storage: Storage, ann: OwnerId, bob: OwnerId
) -> None:
    for number, owner in itertools.product(range(5), (ann, bob)):
        await storage.keep(owner, number, key=True)

    deleted = [await storage.data.delete_keys(ann, 2) for _ in range(4)]

    assert deleted == [2, 2, 1, 0]
    assert [await storage.repository.effect(ann, key_number(number)) for number in range(5)] == [None] * 5
    assert None not in [await storage.repository.effect(bob, key_number(number)) for number in range(5)]
    assert (await storage.data.holdings(ann)).conversations == 5


async def test_several_that_delete_at_once_delete_each_conversation_once(storage: Storage, ann: OwnerId) -> None:
    for number in range(30):
        await storage.keep(ann, number, messages=2, key=True)

    deleted = await asyncio.gather(*(storage.data.delete_conversations(ann, 7) for _ in range(5)))
    keys = await asyncio.gather(*(storage.data.delete_keys(ann, 7) for _ in range(5)))

    assert sum(deleted, Holdings()) == Holdings(conversations=30, messages=60)
    assert sum(keys) == 30


async def test_owners_of_keys_come_once_each_after_a_given_one(storage: Storage, prefix: OwnerId) -> None:
    owners = [OwnerId(f"{prefix}-{number}") for number in range(4)]
    for owner in reversed(owners):
        await storage.keep_key(owner, "a")
        await storage.keep_key(owner, "b")
        await storage.keep(OwnerId(f"{owner}-without-a-key"), 1)

    assert await storage.data.owners_of_keys(prefix, 4) == owners
    assert await storage.data.owners_of_keys(prefix, 2) == owners[:2]
    assert await storage.data.owners_of_keys(owners[1], 2) == owners[2:]
    assert await storage.data.owners_of_keys(None, 1)


async def test_only_the_owners_older_keys_are_deleted(storage: Storage, ann: OwnerId, bob: OwnerId) -> None:
    for owner in (ann, bob):
        await storage.keep_key(owner, "young", 47 * HOUR)
        await storage.keep_key(owner, "old", 49 * HOUR)
        await storage.keep_key(owner, "new")

    assert await storage.data.delete_keys(ann, 10, 48 * HOUR) == 1
    assert await storage.data.delete_keys(ann, 10, 48 * HOUR) == 0
    assert await storage.kept_keys(ann, "young", "old", "new") == {"young", "new"}
    assert await storage.kept_keys(bob, "young", "old", "new") == {"young", "old", "new"}


async def test_a_batch_of_keys_is_no_larger_than_asked_and_passes_over_younger_keys(
    storage: Storage, prefix: OwnerId
) -> None:
    for number in range(5):
        await storage.keep_key(prefix, f"a-young-{number}")
        await storage.keep_key(prefix, f"b-old-{number}", 30 * HOUR)

    assert [await storage.data.delete_keys(prefix, 2, 24 * HOUR) for _ in range(4)] == [2, 2, 1, 0]


async def test_several_that_delete_old_keys_at_once_delete_each_once(storage: Storage, prefix: OwnerId) -> None:
    for number in range(30):
        await storage.keep_key(prefix, str(number), 30 * HOUR)

    deleted = await asyncio.gather(*(storage.data.delete_keys(prefix, 7, 24 * HOUR) for _ in range(5)))

    assert sum(deleted) == 30


async def test_conversations_expire_by_their_last_activity(storage: Storage, ann: OwnerId, bob: OwnerId) -> None:
    for owner in (ann, bob):
        for messages, age in enumerate((0, 47, 49, 1000), 1):
            await storage.keep_aged(owner, age * HOUR, messages=messages)

    assert await storage.data.expired(ann, 48 * HOUR) == Holdings(conversations=2, messages=7)
    assert await storage.data.delete_expired(ann, 10, 48 * HOUR) == Holdings(conversations=2, messages=7)
    assert await storage.data.delete_expired(ann, 10, 48 * HOUR) == Holdings()
    assert await storage.data.holdings(ann) == Holdings(conversations=2, messages=3)
    assert await storage.data.holdings(bob) == Holdings(conversations=4, messages=10)


async def test_what_was_renamed_or_archived_expires_and_what_was_appended_to_does_not(
    storage: Storage, ann: OwnerId
) -> None:
    archived, renamed, continued = [await storage.keep_aged(ann, 49 * HOUR) for _ in range(3)]
    await storage.repository.update(ann, archived, ConversationPatch(archived=True).decide(None))
    await storage.repository.update(ann, renamed, ConversationPatch(title="another").decide(None))
    await storage.repository.append(ann, continued, decide_append([HELLO], None), None)

    assert (await storage.data.expired(ann, 48 * HOUR)).conversations == 2
    assert (await storage.data.delete_expired(ann, 10, 48 * HOUR)).conversations == 2
    assert [await storage.keeps(ann, one) for one in (archived, renamed, continued)] == [False, False, True]


async def test_a_conversation_in_which_a_reply_runs_does_not_expire(storage: Storage, ann: OwnerId) -> None:
    running, quiet = [await storage.keep_aged(ann, 49 * HOUR) for _ in range(2)]
    await storage.let_reply_run(ann, running)

    assert (await storage.data.expired(ann, 48 * HOUR)).conversations == 1
    assert (await storage.data.delete_expired(ann, 10, 48 * HOUR)).conversations == 1
    assert [await storage.keeps(ann, one) for one in (running, quiet)] == [True, False]


async def test_a_batch_of_expired_conversations_is_no_larger_than_asked(storage: Storage, ann: OwnerId) -> None:
    for number in range(10):
        await storage.keep_aged(ann, 49 * HOUR if number % 2 else HOUR)

    assert [(await storage.data.delete_expired(ann, 2, 48 * HOUR)).conversations for _ in range(4)] == [2, 2, 1, 0]


async def test_several_that_delete_expired_conversations_at_once_delete_each_once(
    storage: Storage, ann: OwnerId
) -> None:
    for _ in range(30):
        await storage.keep_aged(ann, 49 * HOUR, messages=2)

    deleted = [
        sum(await asyncio.gather(*(storage.data.delete_expired(ann, 7, 48 * HOUR) for _ in range(5))), Holdings())
    ]
    while deleted[-1].conversations:
        deleted.append(await storage.data.delete_expired(ann, 7, 48 * HOUR))

    assert sum(deleted, Holdings()) == Holdings(conversations=30, messages=60)
