"""Purging orphans, on fakes."""

from collections.abc import Collection
from datetime import timedelta
from typing import override
from uuid import UUID

import pytest

from application.progress import Progress
from application.purge_orphans import PurgeOrphans, PurgeTotals
from domain.append import decide_append
from domain.conversation import NewConversation
from domain.errors import NoUsersError, TooManyOrphansError, UnavailableError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.maintenance import Holdings
from domain.message import NewMessage
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.owner_data import InMemoryOwnerDataRepository
from tests.support.fakes.user_directory import InMemoryUserDirectory

ANN, BOB, CAROL, DAVE = (OwnerId(name) for name in ("ann", "bob", "carol", "dave"))
TWICE_HELLO = decide_append([NewMessage(role=Role.USER, content="Hello")] * 2, None)


async def keep(repository: InMemoryConversationRepository, *owners: OwnerId, conversations: int = 3) -> None:
    """Write conversations of two messages, each under a key."""
    for owner in owners:
        for number in range(conversations):
            conversation_id = ConversationId(UUID(int=number))
            new = NewConversation(id=conversation_id, title=None, metadata=EMPTY_OBJECT, append=TWICE_HELLO)
            await repository.create(owner, new, IdempotencyKey(key=str(number), fingerprint=b"f"))


def owners_in(repository: InMemoryConversationRepository) -> tuple[set[OwnerId], set[OwnerId]]:
    """Who has conversations, and who has keys."""
    return {owner for owner, _ in repository._kept}, {owner for owner, _ in repository._keys}


class FragileData(InMemoryOwnerDataRepository):
    """It is away from the batch on before which ``batches_left`` has come down to 0."""

    def __init__(self, repository: InMemoryConversationRepository, batches_left: int = 1000) -> None:
        super().__init__(repository)
        self.batches_left = batches_left

    @override
    async def delete_conversations(self, owner_id: OwnerId, limit: int) -> Holdings:
        self._use_up()
        return await super().delete_conversations(owner_id, limit)

    @override
    async def delete_keys(self, owner_id: OwnerId, limit: int, older_than: timedelta | None = None) -> int:
        self._use_up()
        return await super().delete_keys(owner_id, limit, older_than)

    def _use_up(self) -> None:
        if not self.batches_left:
            raise UnavailableError
        self.batches_left -= 1


class ChangingDirectory(InMemoryUserDirectory):
    """After ``calls`` answers the users are others."""

    def __init__(self, *users: OwnerId, calls: int, then: set[OwnerId]) -> None:
        super().__init__(*users)
        self.calls = calls
        self.then = then

    @override
    async def users_among(self, owner_ids: Collection[OwnerId]) -> frozenset[OwnerId]:
        if not self.calls:
            self.users = self.then
        self.calls -= 1
        return await super().users_among(owner_ids)


class Purge:
    """The use case with what it told about each owner."""

    def __init__(self, data: InMemoryOwnerDataRepository, users: InMemoryUserDirectory) -> None:
        self.purge_orphans = PurgeOrphans(data, users)
        self.told: list[tuple[OwnerId, Holdings]] = []
        self.progress: list[Progress] = []

    async def __call__(self, *, delete: bool, batch_size: int = 500, largest_share: int = 100) -> PurgeTotals:
        return await self.purge_orphans(
            delete=delete,
            batch_size=batch_size,
            largest_share=largest_share,
            report=lambda *orphan: self.told.append(orphan),
            progress=self.progress.append,
        )


@pytest.fixture
def repository() -> InMemoryConversationRepository:
    return InMemoryConversationRepository()


@pytest.mark.parametrize("batch_size", [1, 2, 500])
async def test_a_dry_run_counts_orphans_and_changes_nothing(
    repository: InMemoryConversationRepository, batch_size: int
) -> None:
    await keep(repository, ANN, BOB, CAROL, DAVE)
    data = FragileData(repository)
    purge = Purge(data, InMemoryUserDirectory(BOB, DAVE))

    totals = await purge(delete=False, batch_size=batch_size)

    assert totals == PurgeTotals(owners=2, holdings=Holdings(conversations=6, messages=12))
    assert purge.told == [(ANN, Holdings(conversations=3, messages=6)), (CAROL, Holdings(conversations=3, messages=6))]
    assert data.batches == []
    assert owners_in(repository) == ({ANN, BOB, CAROL, DAVE}, {ANN, BOB, CAROL, DAVE})


@pytest.mark.parametrize("batch_size", [1, 2, 3, 500])
async def test_deleting_takes_all_of_the_orphans_and_nothing_else(
    repository: InMemoryConversationRepository, batch_size: int
) -> None:
    await keep(repository, ANN, BOB, CAROL, DAVE)
    data = FragileData(repository)
    purge = Purge(data, InMemoryUserDirectory(BOB, DAVE))

    totals = await purge(delete=True, batch_size=batch_size)

    assert totals == PurgeTotals(owners=2, holdings=Holdings(conversations=6, messages=12))
    assert purge.told == [(ANN, Holdings(conversations=3, messages=6)), (CAROL, Holdings(conversations=3, messages=6))]
    assert max(count for _, count in data.batches) <= batch_size
    assert owners_in(repository) == ({BOB, DAVE}, {BOB, DAVE})
    assert await purge(delete=False) == PurgeTotals(owners=0, holdings=Holdings())


async def test_an_orphan_with_nothing_but_keys_is_purged(repository: InMemoryConversationRepository) -> None:
    await keep(repository, ANN, conversations=1)
    await repository.delete(ANN, ConversationId(UUID(int=0)))

    totals = await Purge(InMemoryOwnerDataRepository(repository), InMemoryUserDirectory(BOB))(delete=True)

    assert totals == PurgeTotals(owners=1, holdings=Holdings())
    assert owners_in(repository) == (set(), set())


async def test_the_key_of_an_append_that_was_under_way_is_purged_too(
    repository: InMemoryConversationRepository,
) -> None:
    class Racing(InMemoryOwnerDataRepository):
        """An append gets in before the conversations are deleted."""

        @override
        async def delete_conversations(self, owner_id: OwnerId, limit: int) -> Holdings:
            if (await self.holdings(owner_id)).conversations:
                late = IdempotencyKey(key="late", fingerprint=b"f")
                await repository.append(owner_id, ConversationId(UUID(int=0)), TWICE_HELLO, late)
            return await super().delete_conversations(owner_id, limit)

    await keep(repository, ANN, conversations=1)

    totals = await Purge(Racing(repository), InMemoryUserDirectory(BOB))(delete=True)

    assert totals.holdings == Holdings(conversations=1, messages=4)
    assert owners_in(repository) == (set(), set())


@pytest.mark.parametrize("delete", [True, False])
async def test_without_a_single_user_it_refuses(repository: InMemoryConversationRepository, *, delete: bool) -> None:
    await keep(repository, ANN)
    purge = Purge(InMemoryOwnerDataRepository(repository), InMemoryUserDirectory())

    with pytest.raises(NoUsersError):
        await purge(delete=delete)

    assert purge.told == []
    assert owners_in(repository) == ({ANN}, {ANN})


async def test_without_a_single_user_it_refuses_even_where_there_is_nothing_to_purge(
    repository: InMemoryConversationRepository,
) -> None:
    with pytest.raises(NoUsersError):
        await Purge(InMemoryOwnerDataRepository(repository), InMemoryUserDirectory())(delete=True)


@pytest.mark.parametrize("batch_size", [1, 2, 500])
async def test_more_orphans_than_the_largest_share_are_not_deleted(
    repository: InMemoryConversationRepository, batch_size: int
) -> None:
    await keep(repository, ANN, BOB, CAROL, DAVE)
    purge = Purge(InMemoryOwnerDataRepository(repository), InMemoryUserDirectory(BOB))

    with pytest.raises(TooManyOrphansError, match="3 of 4 owners") as raised:
        await purge(delete=True, batch_size=batch_size, largest_share=50)

    assert (raised.value.orphans, raised.value.owners) == (3, 4)
    assert purge.told == []
    assert owners_in(repository) == ({ANN, BOB, CAROL, DAVE}, {ANN, BOB, CAROL, DAVE})


async def test_orphans_up_to_the_largest_share_are_deleted(repository: InMemoryConversationRepository) -> None:
    await keep(repository, ANN, BOB, CAROL, DAVE)
    purge = Purge(InMemoryOwnerDataRepository(repository), InMemoryUserDirectory(BOB, DAVE))

    totals = await purge(delete=True, largest_share=50)

    assert totals.owners == 2
    assert owners_in(repository) == ({BOB, DAVE}, {BOB, DAVE})


async def test_a_dry_run_counts_however_many_orphans_there_are(repository: InMemoryConversationRepository) -> None:
    await keep(repository, ANN, BOB, CAROL)
    purge = Purge(InMemoryOwnerDataRepository(repository), InMemoryUserDirectory(DAVE))

    assert (await purge(delete=False, largest_share=50)).owners == 3


async def test_where_nobody_owns_anything_nothing_is_refused(repository: InMemoryConversationRepository) -> None:
    purge = Purge(InMemoryOwnerDataRepository(repository), InMemoryUserDirectory(BOB))

    assert (await purge(delete=True, largest_share=0)).owners == 0


async def test_users_are_looked_up_by_the_page(repository: InMemoryConversationRepository) -> None:
    await keep(repository, ANN, BOB, CAROL, DAVE)
    users = ChangingDirectory(ANN, BOB, CAROL, DAVE, calls=6, then=set())

    await Purge(InMemoryOwnerDataRepository(repository), users)(delete=True, batch_size=2)

    assert users.calls == 1  # asked of two pages to count, before all, and of two pages


async def test_who_is_a_user_again_when_the_turn_comes_is_spared(repository: InMemoryConversationRepository) -> None:
    await keep(repository, ANN, BOB)
    users = ChangingDirectory(CAROL, calls=4, then={BOB, CAROL})  # asked to count, before all, of the page, of Ann

    totals = await Purge(InMemoryOwnerDataRepository(repository), users)(delete=True)

    assert totals.owners == 1
    assert owners_in(repository) == ({BOB}, {BOB})


async def test_it_stops_when_all_users_vanish_meanwhile(repository: InMemoryConversationRepository) -> None:
    await keep(repository, ANN, BOB)
    users = ChangingDirectory(CAROL, calls=4, then=set())

    with pytest.raises(NoUsersError):
        await Purge(InMemoryOwnerDataRepository(repository), users)(delete=True)

    assert owners_in(repository) == ({BOB}, {BOB})


@pytest.mark.parametrize("batches", range(8))
async def test_what_was_broken_off_goes_on_at_the_next_start(
    repository: InMemoryConversationRepository, batches: int
) -> None:
    await keep(repository, ANN, BOB, CAROL)
    data = FragileData(repository, batches_left=batches)
    purge = Purge(data, InMemoryUserDirectory(BOB))

    with pytest.raises(UnavailableError):
        await purge(delete=True, batch_size=1)
    data.batches_left = 1000
    await purge(delete=True, batch_size=1)

    assert owners_in(repository) == ({BOB}, {BOB})
    assert sum(count for _, count in data.batches) == 12  # 6 conversations and 6 keys, each once


async def test_owners_are_told_as_they_are_counted_and_then_with_what_is_deleted(
    repository: InMemoryConversationRepository,
) -> None:
    await keep(repository, ANN, BOB, CAROL)
    purge = Purge(InMemoryOwnerDataRepository(repository), InMemoryUserDirectory(BOB, CAROL))

    await purge(delete=True, batch_size=2)

    assert [(one.owners, one.rows) for one in purge.progress] == [
        *((2, 0), (3, 0)),  # the pages that are counted first
        *((1, 0), (1, 6), (1, 9), (1, 11), (1, 12), (2, 12), (3, 12)),
    ]
