"""The contract of the archive of an owner, for every implementation."""

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.owner_archive import PostgresOwnerArchive
from adapters.postgres.transactions import open_snapshot
from domain.append import decide_append
from domain.conversation import Conversation, ConversationPatch, NewConversation
from domain.errors import ConflictError, UnavailableError
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import Message, NewMessage
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.owner_archive import OwnerArchive
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.owner_archive import InMemoryOwnerArchive

IN_MEMORY, BY_PAGES, IN_A_SNAPSHOT = "in memory", "PostgreSQL by pages", "PostgreSQL in a snapshot"


@dataclass(frozen=True)
class Storage:
    """An archive, and the repository that writes what it reads."""

    archive: OwnerArchive
    repository: ConversationRepository
    is_snapshot: bool

    async def keep(self, owner_id: OwnerId, number: int, *sizes: int) -> ConversationId:
        """Write the conversation of this number, with a message of each size."""
        place = ConversationId(UUID(int=number))
        new = NewConversation(id=place, title=None, metadata=EMPTY_OBJECT, append=None)
        await self.repository.create(owner_id, new, None)
        for size in sizes:
            await self.say(owner_id, place, "x" * size)
        return place

    async def say(self, owner_id: OwnerId, place: ConversationId, *texts: str) -> None:
        messages = [NewMessage(role=Role.USER, content=text) for text in texts]
        await self.repository.append(owner_id, place, decide_append(messages, None), None)

    async def read(self, owner_id: OwnerId) -> Sequence[Conversation | Message]:
        return [entry async for entry in self.archive.entries(owner_id)]


@pytest.fixture(params=[IN_MEMORY, BY_PAGES, IN_A_SNAPSHOT])
async def storage(request: pytest.FixtureRequest, database: Database, database_url: str) -> AsyncIterator[Storage]:
    if request.param == IN_MEMORY:
        memory = InMemoryConversationRepository()
        yield Storage(InMemoryOwnerArchive(memory), memory, is_snapshot=False)
        return
    repository = PostgresConversationRepository(database)
    if request.param == BY_PAGES:
        yield Storage(PostgresOwnerArchive(database, page_size=2), repository, is_snapshot=False)
        return
    async with open_snapshot(DatabaseAddress.parse(database_url), PoolSettings()) as snapshot:
        yield Storage(PostgresOwnerArchive(snapshot, page_size=2), repository, is_snapshot=True)


@pytest.fixture
def ann() -> OwnerId:
    return OwnerId(f"owner-archive-{secrets.token_hex(6)}")


def seqs(entries: Sequence[Conversation | Message]) -> list[tuple[int, int]]:
    """The number of the conversation of each entry, and the seq of a message, or 0."""
    return [
        (entry.id.int, 0) if isinstance(entry, Conversation) else (entry.conversation_id.int, entry.seq)
        for entry in entries
    ]


async def test_conversations_come_by_id_each_with_its_messages_in_order(storage: Storage, ann: OwnerId) -> None:
    for number, count in ((3, 1), (1, 2), (5, 0), (2, 0), (4, 3)):
        await storage.keep(ann, number, *[1] * count)

    entries = await storage.read(ann)

    assert seqs(entries) == [
        (1, 0), (1, 1), (1, 2), (2, 0), (3, 0), (3, 1), (4, 0), (4, 1), (4, 2), (4, 3), (5, 0),
    ]  # fmt: skip
    assert entries[0] == await storage.repository.conversation(ann, ConversationId(UUID(int=1)))
    assert entries[1] == await storage.repository.message(ann, ConversationId(UUID(int=1)), 1)


async def test_archived_conversations_come_too_and_anothers_do_not(storage: Storage, ann: OwnerId) -> None:
    place = await storage.keep(ann, 1, 1)
    await storage.repository.update(ann, place, ConversationPatch(archived=True).decide(None))
    await storage.keep(OwnerId(f"{ann}-another"), 2, 1)

    assert seqs(await storage.read(ann)) == [(1, 0), (1, 1)]
    assert await storage.read(OwnerId(f"{ann}-nobody")) == []


async def test_a_conversation_of_many_pages_is_read_whole(storage: Storage, ann: OwnerId) -> None:
    place = await storage.keep(ann, 1, *[1_000_000] * 6)
    for _ in range(5):
        await storage.say(ann, place, *["x"] * 90)

    assert seqs(await storage.read(ann)) == [(1, seq) for seq in range(457)]


async def test_the_first_and_the_last_id_are_read(storage: Storage, ann: OwnerId) -> None:
    for number in (0, 2**128 - 1):
        await storage.keep(ann, number)

    assert seqs(await storage.read(ann)) == [(0, 0), (2**128 - 1, 0)]


async def test_what_is_written_meanwhile_changes_no_conversation_that_is_begun(storage: Storage, ann: OwnerId) -> None:
    place = await storage.keep(ann, 1, 1)
    later = await storage.keep(ann, 2, 1)
    entries = storage.archive.entries(ann)
    read = [await anext(entries)]

    await storage.say(ann, place, "late")
    await storage.say(ann, later, "late")
    await storage.keep(ann, 3)
    read += [entry async for entry in entries]

    seen = seqs(read)
    assert seen[:3] == [(1, 0), (1, 1), (2, 0)]
    assert len(seen) == len(set(seen))
    if storage.is_snapshot:
        assert seen == [(1, 0), (1, 1), (2, 0), (2, 1)]


async def test_what_is_deleted_meanwhile_is_left_out_or_the_reading_fails(storage: Storage, ann: OwnerId) -> None:
    first = await storage.keep(ann, 1, *[1_000_000] * 6)
    second = await storage.keep(ann, 2, 1)
    whole = seqs(await storage.read(ann))
    entries = storage.archive.entries(ann)
    read = [await anext(entries), await anext(entries)]

    await storage.repository.delete(ann, second)
    if storage.is_snapshot:
        await storage.repository.delete(ann, first)
        assert seqs([*read, *[entry async for entry in entries]]) == whole
        return
    read += [await anext(entries)]
    await storage.repository.delete(ann, first)

    with pytest.raises(ConflictError):
        _ = [entry async for entry in entries]


async def test_a_conversation_that_is_deleted_before_its_turn_is_left_out(storage: Storage, ann: OwnerId) -> None:
    for number in (1, 2, 3):
        await storage.keep(ann, number)
    entries = storage.archive.entries(ann)
    read = [await anext(entries)]

    await storage.repository.delete(ann, ConversationId(UUID(int=2)))

    expected = [(1, 0), (2, 0), (3, 0)] if storage.is_snapshot else [(1, 0), (3, 0)]
    assert seqs([*read, *[entry async for entry in entries]]) == expected


async def test_a_database_that_is_away_is_unavailable() -> None:
    address = DatabaseAddress.parse("postgresql://ann@127.0.0.1:1/x")

    with pytest.raises(UnavailableError):
        async with open_snapshot(address, PoolSettings()):
            pass
