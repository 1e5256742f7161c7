"""Purging expired conversations, on fakes."""

from dataclasses import replace
from datetime import timedelta
from typing import override
from uuid import UUID

import pytest

from application.progress import Progress
from application.purge_expired import PurgeExpired
from domain.append import decide_append
from domain.conversation import NewConversation
from domain.errors import TooManyExpiredError, UnavailableError
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.maintenance import Holdings
from domain.message import NewMessage
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.owner_data import InMemoryOwnerDataRepository

ANN, BOB = OwnerId("ann"), OwnerId("bob")
DAY = timedelta(days=1)
TWICE_HELLO = decide_append([NewMessage(role=Role.USER, content="Hello")] * 2, None)


@pytest.fixture
async def repository() -> InMemoryConversationRepository:
    """Ann and Bob have five conversations of two messages each, of which three are ten days old."""
    repository = InMemoryConversationRepository()
    for owner in (ANN, BOB):
        for number in range(5):
            place = ConversationId(UUID(int=number))
            new = NewConversation(id=place, title=None, metadata=EMPTY_OBJECT, append=TWICE_HELLO)
            await repository.create(owner, new, None)
            if number < 3:
                kept = repository.find(owner, place)
                aged = kept.conversation.updated_at - 10 * DAY
                kept.conversation = replace(kept.conversation, updated_at=aged)
    return repository


async def purge(data: InMemoryOwnerDataRepository, *, delete: bool = True, batch_size: int = 500) -> Holdings:
    return await PurgeExpired(data)(older_than=9 * DAY, delete=delete, batch_size=batch_size, largest_share=60)


async def test_a_dry_run_counts_and_changes_nothing(repository: InMemoryConversationRepository) -> None:
    data = InMemoryOwnerDataRepository(repository)

    assert await purge(data, delete=False) == Holdings(conversations=6, messages=12)
    assert data.batches == []
    assert len(repository._kept) == 10


@pytest.mark.parametrize("batch_size", [1, 2, 3, 500])
async def test_what_is_expired_goes_in_batches_and_nothing_else(
    repository: InMemoryConversationRepository, batch_size: int
) -> None:
    data = InMemoryOwnerDataRepository(repository)

    assert await purge(data, batch_size=batch_size) == Holdings(conversations=6, messages=12)
    assert max(count for _, count in data.batches) <= batch_size
    assert {place.int for _, place in repository._kept} == {3, 4}
    assert len(repository._kept) == 4
    assert await purge(data) == Holdings()


async def test_more_than_the_largest_share_is_not_deleted(repository: InMemoryConversationRepository) -> None:
    data = InMemoryOwnerDataRepository(repository)

    with pytest.raises(TooManyExpiredError, match="6 of 10 conversations") as raised:
        await PurgeExpired(data)(older_than=9 * DAY, delete=True, batch_size=2, largest_share=59)

    assert (raised.value.expired, raised.value.conversations) == (6, 10)
    assert data.batches == []
    assert len(repository._kept) == 10


async def test_a_dry_run_counts_whatever_their_share_is(repository: InMemoryConversationRepository) -> None:
    data = InMemoryOwnerDataRepository(repository)

    counted = await PurgeExpired(data)(older_than=9 * DAY, delete=False, batch_size=2, largest_share=0)

    assert counted.conversations == 6


async def test_where_there_is_nothing_nothing_is_refused() -> None:
    assert await purge(InMemoryOwnerDataRepository(InMemoryConversationRepository())) == Holdings()


async def test_what_is_continued_after_the_count_is_not_deleted(repository: InMemoryConversationRepository) -> None:
    class Racing(InMemoryOwnerDataRepository):
        """Bob goes on with a conversation when Ann's turn comes."""

        @override
        async def delete_expired(self, owner_id: OwnerId, limit: int, older_than: timedelta) -> Holdings:
            if owner_id == ANN and not self.batches:
                await repository.append(BOB, ConversationId(UUID(int=0)), TWICE_HELLO, None)
            return await super().delete_expired(owner_id, limit, older_than)

    assert await purge(Racing(repository)) == Holdings(conversations=5, messages=10)
    assert len(repository.find(BOB, ConversationId(UUID(int=0))).messages) == 4


@pytest.mark.parametrize("batches", range(7))
async def test_what_was_broken_off_goes_on_at_the_next_start(
    repository: InMemoryConversationRepository, batches: int
) -> None:
    class Fragile(InMemoryOwnerDataRepository):
        """It is away after some batches."""

        @override
        async def delete_expired(self, owner_id: OwnerId, limit: int, older_than: timedelta) -> Holdings:
            if len(self.batches) == batches:
                raise UnavailableError
            return await super().delete_expired(owner_id, limit, older_than)

    with pytest.raises(UnavailableError):
        await purge(Fragile(repository), batch_size=1)
    await purge(InMemoryOwnerDataRepository(repository), batch_size=1)

    assert len(repository._kept) == 4


async def test_it_tells_what_is_left(repository: InMemoryConversationRepository) -> None:
    told: list[Progress] = []

    await PurgeExpired(InMemoryOwnerDataRepository(repository))(
        older_than=9 * DAY, delete=True, batch_size=2, largest_share=100, progress=told.append
    )

    counted, deleted = told[:2], told[2:]
    assert counted == [Progress(owners=1), Progress(owners=2)]
    assert deleted == [
        Progress(owners=owners, rows=rows, all_rows=18)
        for owners, rows in ((1, 0), (1, 6), (1, 9), (2, 9), (2, 15), (2, 18))
    ]
