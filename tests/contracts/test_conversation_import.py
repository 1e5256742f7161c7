"""The contract of the import of conversations, for every implementation."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.conversation_import import PostgresConversationImport
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.transactions import open_transaction
from domain.append import decide_append
from domain.conversation import Conversation
from domain.errors import ConflictError, ConversationNotFoundError
from domain.identifiers import ConversationId, OwnerId
from domain.imports import ImportedMessage
from domain.json_text import JsonText
from domain.message import Message, NewMessage
from domain.pages import MessageWindow
from domain.ports.conversation_import import ConversationImport
from domain.ports.conversation_repository import ConversationRepository
from domain.roles import Role
from tests.support.activity import until_sessions
from tests.support.fakes.conversation_import import InMemoryConversationImport
from tests.support.fakes.conversations import InMemoryConversationRepository

THEN = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
PLACE = ConversationId(UUID(int=7))
KEPT = Conversation(PLACE, "Rome", True, JsonText('{"a": 1}'), 2, THEN, THEN, THEN + timedelta(days=2))  # noqa: FBT003 - as it is defined
CALL = {"id": "b", "type": "function", "function": {"name": "f", "arguments": "{}"}}
MESSAGES = [
    ImportedMessage(seq=1, message=NewMessage(role=Role.USER, content="\0é", name="ann"), created_at=THEN),
    ImportedMessage(
        seq=2,
        message=NewMessage(
            role=Role.ASSISTANT, tool_calls=[CALL, CALL | {"id": "a"}], metadata={"n": 1e25}, item={"type": "\0é"}
        ),
        created_at=THEN + timedelta(days=1),
    ),
]


@dataclass(frozen=True)
class Storage:
    """What opens an import, and the repository that reads what it wrote."""

    opened: Callable[[], AbstractAsyncContextManager[ConversationImport]]
    repository: ConversationRepository


@pytest.fixture(params=["in memory", "PostgreSQL"])
def storage(request: pytest.FixtureRequest, database: Database, database_url: str) -> Storage:
    if request.param == "in memory":
        memory = InMemoryConversationRepository()

        @asynccontextmanager
        async def in_memory() -> AsyncIterator[ConversationImport]:
            yield InMemoryConversationImport(memory)

        return Storage(in_memory, memory)
    return Storage(lambda: in_postgres(database_url), PostgresConversationRepository(database))


@asynccontextmanager
async def in_postgres(url: str) -> AsyncIterator[ConversationImport]:
    async with open_transaction(DatabaseAddress.parse(url), PoolSettings()) as transaction:
        yield PostgresConversationImport(transaction)


@pytest.fixture
def ann() -> OwnerId:
    return OwnerId(f"conversation-import-{secrets.token_hex(6)}")


async def test_a_conversation_and_its_messages_read_back_as_they_were(storage: Storage, ann: OwnerId) -> None:
    async with storage.opened() as target:
        assert await target.begin(ann, KEPT)
        for message in MESSAGES:
            await target.write(ann, PLACE, [message])

    page = await storage.repository.messages(ann, PLACE, MessageWindow())
    assert page.conversation == KEPT
    assert [*page.messages] == [Message.of(one.message, PLACE, one.seq, one.created_at) for one in MESSAGES]
    assert (await storage.repository.open_calls(ann, PLACE, None))[0] == frozenset()


async def test_the_places_of_removed_messages_are_kept(storage: Storage, ann: OwnerId) -> None:
    async with storage.opened() as target:
        await target.begin(ann, replace(KEPT, last_seq=5))
        await target.leave_out(ann, KEPT, 1, 2)
        await target.write(ann, PLACE, [replace(MESSAGES[0], seq=3)])
        await target.leave_out(ann, KEPT, 4, 5)

    page = await storage.repository.messages(ann, PLACE, MessageWindow())
    assert [message.seq for message in page.messages] == [3]
    assert (page.conversation.last_seq, page.has_more_before, page.has_more_after) == (5, False, False)
    written = await storage.repository.append(ann, PLACE, decide_append([MESSAGES[0].message], None), None)
    assert [message.seq for message in written] == [6]


async def test_open_calls_are_those_that_were_left(storage: Storage, ann: OwnerId) -> None:
    async with storage.opened() as target:
        await target.begin(ann, KEPT)
        await target.write(ann, PLACE, MESSAGES)
        await target.leave_open(ann, PLACE, frozenset({"b", "a"}))

    assert (await storage.repository.open_calls(ann, PLACE, None))[0] == frozenset({"a", "b"})


async def test_what_the_owner_has_already_is_left_as_it_is(storage: Storage, ann: OwnerId) -> None:
    async with storage.opened() as target:
        await target.begin(ann, replace(KEPT, last_seq=0))
    async with storage.opened() as target:
        assert not await target.begin(ann, replace(KEPT, title="Paris"))

    assert (await storage.repository.conversation(ann, PLACE)).title == "Rome"


async def test_another_owners_conversation_of_that_id_is_another_one(storage: Storage, ann: OwnerId) -> None:
    bob = OwnerId(f"{ann}-bob")
    async with storage.opened() as target:
        assert await target.begin(ann, replace(KEPT, last_seq=0))
        assert await target.begin(bob, replace(KEPT, title="Paris", last_seq=0))

    assert (await storage.repository.conversation(ann, PLACE)).title == "Rome"
    assert (await storage.repository.conversation(bob, PLACE)).title == "Paris"


async def test_of_an_import_that_fails_nothing_is_kept(database: Database, database_url: str, ann: OwnerId) -> None:
    async def fail() -> None:
        async with in_postgres(database_url) as target:
            await target.begin(ann, KEPT)
            await target.write(ann, PLACE, MESSAGES)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    with pytest.raises(ConversationNotFoundError):
        await PostgresConversationRepository(database).conversation(ann, PLACE)


async def test_two_imports_of_one_conversation_at_once_conflict(database_url: str, ann: OwnerId) -> None:
    async with in_postgres(database_url) as first:
        await first.begin(ann, KEPT)

        async def second() -> None:
            async with in_postgres(database_url) as target:
                await target.begin(ann, KEPT)

        waiting = asyncio.create_task(second())
        await until_sessions(database_url, "wait_event_type = 'Lock'")

    with pytest.raises(ConflictError):
        await waiting
