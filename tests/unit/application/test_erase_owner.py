"""Erasing an owner, on fakes."""

from datetime import timedelta
from typing import override
from uuid import UUID

import pytest

from application.erase_owner import EraseOwner, Erasure
from application.progress import Progress
from domain.append import decide_append
from domain.conversation import NewConversation
from domain.errors import UnavailableError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.maintenance import Holdings, OwnedRows
from domain.message import NewMessage
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.owner_data import InMemoryOwnerDataRepository

ANN, BOB = OwnerId("ann"), OwnerId("bob")
TWICE_HELLO = decide_append([NewMessage(role=Role.USER, content="Hello")] * 2, None)


async def keep(repository: InMemoryConversationRepository, owner_id: OwnerId, number: int) -> None:
    """Write a conversation of two messages, under a key."""
    new = NewConversation(id=ConversationId(UUID(int=number)), title=None, metadata=EMPTY_OBJECT, append=TWICE_HELLO)
    await repository.create(owner_id, new, IdempotencyKey(key=str(number), fingerprint=b"f"))


@pytest.fixture
async def repository() -> InMemoryConversationRepository:
    """Ann and Bob have three conversations each."""
    repository = InMemoryConversationRepository()
    for owner_id in (ANN, BOB):
        for number in range(3):
            await keep(repository, owner_id, number)
    return repository


THREE = OwnedRows(conversations=3, messages=6, idempotency_keys=3)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 500])
async def test_everything_of_the_owner_goes_in_batches(
    repository: InMemoryConversationRepository, batch_size: int
) -> None:
    data = InMemoryOwnerDataRepository(repository)

    erasure = await EraseOwner(data)(ANN, batch_size=batch_size)

    assert erasure == Erasure(deleted=THREE, left=OwnedRows())
    assert erasure.is_complete
    assert max(count for _, count in data.batches) <= batch_size
    assert [await data.rows(owner_id) for owner_id in (ANN, BOB)] == [OwnedRows(), THREE]


async def test_of_somebody_who_has_nothing_nothing_is_deleted(repository: InMemoryConversationRepository) -> None:
    erasure = await EraseOwner(InMemoryOwnerDataRepository(repository))(OwnerId("carol"), batch_size=10)

    assert erasure == Erasure(deleted=OwnedRows(), left=OwnedRows())


@pytest.mark.parametrize("batches", range(8))
async def test_what_was_broken_off_goes_on_at_the_next_start(
    repository: InMemoryConversationRepository, batches: int
) -> None:
    class Fragile(InMemoryOwnerDataRepository):
        """It is away after some batches."""

        @override
        async def delete_conversations(self, owner_id: OwnerId, limit: int) -> Holdings:
            self._break_off()
            return await super().delete_conversations(owner_id, limit)

        @override
        async def delete_keys(self, owner_id: OwnerId, limit: int, older_than: timedelta | None = None) -> int:
            self._break_off()
            return await super().delete_keys(owner_id, limit, older_than)

        def _break_off(self) -> None:
            if len(self.batches) == batches:
                raise UnavailableError

    with pytest.raises(UnavailableError):
        await EraseOwner(Fragile(repository))(ANN, batch_size=1)
    data = InMemoryOwnerDataRepository(repository)
    before = await data.rows(ANN)
    erasure = await EraseOwner(data)(ANN, batch_size=1)

    assert erasure == Erasure(deleted=before, left=OwnedRows())
    assert before.conversations == max(0, 3 - batches)


async def test_what_is_written_meanwhile_is_found_by_the_second_look(
    repository: InMemoryConversationRepository,
) -> None:
    class Racing(InMemoryOwnerDataRepository):
        """A conversation is created after the others were deleted."""

        @override
        async def delete_keys(self, owner_id: OwnerId, limit: int, older_than: timedelta | None = None) -> int:
            deleted = await super().delete_keys(owner_id, limit, older_than)
            if not deleted:
                await keep(repository, ANN, 7)
            return deleted

    erasure = await EraseOwner(Racing(repository))(ANN, batch_size=10)

    assert erasure == Erasure(deleted=THREE, left=OwnedRows(conversations=1, messages=2, idempotency_keys=1))
    assert not erasure.is_complete


async def test_each_batch_is_told_out_of_all_rows(repository: InMemoryConversationRepository) -> None:
    told: list[Progress] = []

    await EraseOwner(InMemoryOwnerDataRepository(repository))(ANN, batch_size=2, progress=told.append)

    assert told == [Progress(rows=rows, all_rows=12) for rows in (6, 9, 11, 12)]
