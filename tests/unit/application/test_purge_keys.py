"""Purging keys, on fakes."""

from datetime import timedelta
from uuid import UUID

import pytest

from application.progress import Progress
from application.purge_keys import PurgeKeys
from domain.append import decide_append
from domain.conversation import NewConversation
from domain.errors import RuleViolationError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import NewMessage
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.owner_data import InMemoryOwnerDataRepository

ANN, BOB = OwnerId("ann"), OwnerId("bob")
DAY = timedelta(hours=24)
HELLO = decide_append([NewMessage(role=Role.USER, content="Hello")], None)


@pytest.fixture
async def repository() -> InMemoryConversationRepository:
    """Ann and Bob have five conversations each, under keys."""
    repository = InMemoryConversationRepository()
    for owner in (ANN, BOB):
        for number in range(5):
            new = NewConversation(id=ConversationId(UUID(int=number)), title=None, metadata=EMPTY_OBJECT, append=HELLO)
            await repository.create(owner, new, IdempotencyKey(key=str(number), fingerprint=b"f"))
    return repository


@pytest.mark.parametrize("batch_size", [1, 2, 500])
async def test_all_old_keys_of_all_owners_go_in_batches(
    repository: InMemoryConversationRepository, batch_size: int
) -> None:
    data = InMemoryOwnerDataRepository(repository, later=3 * DAY)

    count = await PurgeKeys(data)(older_than=2 * DAY, batch_size=batch_size)

    assert count == 10
    assert max(deleted for _, deleted in data.batches) <= batch_size
    assert repository._keys == {}
    assert len(repository._kept) == 10
    assert await PurgeKeys(data)(older_than=2 * DAY, batch_size=batch_size) == 0


async def test_younger_keys_stay(repository: InMemoryConversationRepository) -> None:
    data = InMemoryOwnerDataRepository(repository, later=DAY)

    assert await PurgeKeys(data)(older_than=2 * DAY, batch_size=2) == 0
    assert len(repository._keys) == 10


async def test_keys_that_a_retry_may_come_for_are_never_purged(repository: InMemoryConversationRepository) -> None:
    data = InMemoryOwnerDataRepository(repository, later=3 * DAY)

    with pytest.raises(RuleViolationError):
        await PurgeKeys(data)(older_than=DAY - timedelta(seconds=1), batch_size=2)

    assert len(repository._keys) == 10
    assert await PurgeKeys(data)(older_than=DAY, batch_size=2) == 10


async def test_each_owner_and_each_batch_is_told(repository: InMemoryConversationRepository) -> None:
    told: list[Progress] = []
    data = InMemoryOwnerDataRepository(repository, later=3 * DAY)

    await PurgeKeys(data)(older_than=2 * DAY, batch_size=4, progress=told.append)

    assert told == [
        Progress(owners=owners, rows=rows) for owners, rows in ((1, 0), (1, 4), (1, 5), (2, 5), (2, 9), (2, 10))
    ]
