"""The contracts of the ports of maintenance, for every implementation."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest

from adapters.better_auth.users import BetterAuthUserDirectory
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database
from adapters.postgres.maintenance import PostgresOwnedData
from domain.append import decide_append
from domain.conversation import NewConversation
from domain.errors import ConversationNotFoundError, NoUsersError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId, make_uuid7
from domain.json_text import EMPTY_OBJECT
from domain.maintenance import Holdings
from domain.message import NewMessage
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.owned_data import OwnedData
from domain.ports.user_directory import UserDirectory
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.maintenance import InMemoryOwnedData, InMemoryUserDirectory

NOBODY = OwnerId("nobody")
HELLO = NewMessage(role=Role.USER, content="Hello")


@dataclass(frozen=True)
class Storage:
    """What is kept, and the repository that keeps it."""

    data: OwnedData
    repository: ConversationRepository

    async def keep(self, owner_id: OwnerId, number: int, *, messages: int = 1, key: bool = False) -> ConversationId:
        """Write a conversation, the younger the higher its number, under a key if one is asked for."""
        conversation_id = ConversationId(make_uuid7(number, secrets.randbits(74)))
        append = decide_append([HELLO] * messages, None)
        new = NewConversation(id=conversation_id, title=None, metadata=EMPTY_OBJECT, append=append)
        await self.repository.create(owner_id, new, key_number(number) if key else None)
        return conversation_id

    async def keeps(self, owner_id: OwnerId, conversation_id: ConversationId) -> bool:
        """Whether the conversation is still there."""
        try:
            await self.repository.conversation(owner_id, conversation_id)
        except ConversationNotFoundError:
            return False
        return True


def key_number(number: int) -> IdempotencyKey:
    return IdempotencyKey(key=f"key-{number}", fingerprint=b"f")


@pytest.fixture(params=["in memory", "PostgreSQL"])
def storage(request: pytest.FixtureRequest, database: Database) -> Storage:
    if request.param == "in memory":
        repository = InMemoryConversationRepository()
        return Storage(InMemoryOwnedData(repository), repository)
    return Storage(PostgresOwnedData(database), PostgresConversationRepository(database))


@pytest.fixture
def prefix() -> OwnerId:
    """An owner before all of the test's own, and after whom no other test's come in between."""
    return OwnerId(f"maintenance-{secrets.token_hex(6)}")


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

    assert await storage.data.delete_idempotency_keys(owner, 10) == 1
    assert owner not in await storage.data.owners(before, 1)


async def test_holdings_are_the_owners_own(storage: Storage, ann: OwnerId, bob: OwnerId) -> None:
    for number in range(3):
        await storage.keep(ann, number, messages=number + 1)
    await storage.keep(bob, 1, messages=10)

    assert await storage.data.holdings(ann) == Holdings(conversations=3, messages=6)
    assert await storage.data.holdings(NOBODY) == Holdings()


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

    deleted = [await storage.data.delete_idempotency_keys(ann, 2) for _ in range(4)]

    assert deleted == [2, 2, 1, 0]
    assert [await storage.repository.effect(ann, key_number(number)) for number in range(5)] == [None] * 5
    assert None not in [await storage.repository.effect(bob, key_number(number)) for number in range(5)]
    assert (await storage.data.holdings(ann)).conversations == 5


async def test_several_that_delete_at_once_delete_each_conversation_once(storage: Storage, ann: OwnerId) -> None:
    for number in range(30):
        await storage.keep(ann, number, messages=2, key=True)

    deleted = await asyncio.gather(*(storage.data.delete_conversations(ann, 7) for _ in range(5)))
    keys = await asyncio.gather(*(storage.data.delete_idempotency_keys(ann, 7) for _ in range(5)))

    assert sum(deleted, Holdings()) == Holdings(conversations=30, messages=60)
    assert sum(keys) == 30


@dataclass(frozen=True)
class Users:
    """A directory of users that has none yet, how to add one, and what their ids look like."""

    directory: UserDirectory
    add: Callable[[OwnerId], Awaitable[object]]
    new_id: Callable[[], OwnerId]


NEW_IDS: dict[str, Callable[[], str]] = {
    "text": lambda: f"user-{secrets.token_hex(6)}",
    "varchar(36)": lambda: f"user-{secrets.token_hex(6)}",
    "uuid": lambda: str(uuid4()),
    "integer": lambda: str(secrets.randbits(31)),
    "bigint": lambda: str(secrets.randbits(63)),
}


@pytest.fixture(params=["in memory", *NEW_IDS])
async def users(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Users]:
    if request.param == "in memory":
        fake = InMemoryUserDirectory()

        async def add_in_memory(user: OwnerId) -> None:
            fake.users.add(user)

        yield Users(fake, add_in_memory, lambda: OwnerId(NEW_IDS["text"]()))
        return
    schema = f"better_auth_{secrets.token_hex(6)}"
    table = f'"{schema}"."Users"'
    await database.fetch(f"CREATE SCHEMA {schema}", ())
    await database.fetch(f'CREATE TABLE {table} ("userId" {request.param} PRIMARY KEY, owner_id text)', ())

    async def add(user: OwnerId) -> None:
        await database.fetch(f"INSERT INTO {table} VALUES ('{user}', '{NOBODY}')", ())  # noqa: S608 - ids of ours

    directory = BetterAuthUserDirectory(database, user_table=table, user_id='"userId"')
    yield Users(directory, add, lambda: OwnerId(NEW_IDS[request.param]()))
    await database.fetch(f"DROP SCHEMA {schema} CASCADE", ())


async def test_those_who_are_users_are_told_from_those_who_are_not(users: Users) -> None:
    ann, bob, carol = (users.new_id() for _ in range(3))
    for user in (ann, bob):
        await users.add(user)

    assert await users.directory.users_among([ann, bob, carol, NOBODY]) == {ann, bob}
    assert await users.directory.users_among([carol, OwnerId("' OR 1=1 -- ünï 🜂")]) == frozenset()
    assert await users.directory.users_among([]) == frozenset()


async def test_a_directory_without_a_user_answers_nothing(users: Users) -> None:
    with pytest.raises(NoUsersError):
        await users.directory.users_among([NOBODY])
    with pytest.raises(NoUsersError):
        await users.directory.users_among([])
