"""Purge orphans: remove what belongs to owners who are no longer users."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from application.deletion import delete_all
from application.progress import ReportProgress, Tally, unheard
from domain.errors import TooManyOrphansError
from domain.identifiers import OwnerId
from domain.maintenance import Holdings
from domain.ports.owner_data_repository import OwnerDataRepository
from domain.ports.user_directory import UserDirectory


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeTotals:
    """How many owners are no longer users, and what they had."""

    owners: int
    holdings: Holdings


class PurgeOrphans:
    """Find the owners who are no longer users, and delete what is theirs.

    It can be interrupted at any moment: each batch is whole, and the next run goes on with what is left.
    """

    def __init__(self, data: OwnerDataRepository, users: UserDirectory) -> None:
        self._data = data
        self._users = users

    async def __call__(
        self,
        *,
        delete: bool,
        batch_size: int,
        largest_share: int,
        report: Callable[[OwnerId, Holdings], None],
        progress: ReportProgress = unheard,
    ) -> PurgeTotals:
        """Count what they have. With ``delete``, delete it, at most ``batch_size`` conversations or keys at a time.

        ``report`` is called with each such owner and what they had, after it was deleted. Raises NoUsersError if the
        directory has no user, at the beginning or later; UnavailableError. With ``delete``, raises TooManyOrphansError
        before anything is deleted, if more than ``largest_share`` percent of all owners are no users.
        """
        if delete:
            await self._require_no_more_than(largest_share, batch_size, Tally(progress))
        owners, total, tally = 0, Holdings(), Tally(progress)
        async for owner_id in self._orphans(batch_size, tally):
            holdings = await (self._delete(owner_id, batch_size, tally) if delete else self._data.holdings(owner_id))
            report(owner_id, holdings)
            owners, total = owners + 1, total + holdings
        return PurgeTotals(owners=owners, holdings=total)

    async def _orphans(self, page_size: int, tally: Tally) -> AsyncIterator[OwnerId]:
        await self._users.users_among(())  # refuses the wrong directory even where nobody owns anything
        async for owners, users in self._pages(page_size):
            for owner_id in owners:
                tally.add(owners=1)
                # Asked again when the turn comes: the deletes before it may have taken hours.
                if owner_id not in users and not await self._users.users_among([owner_id]):
                    yield owner_id

    async def _require_no_more_than(self, percent: int, page_size: int, tally: Tally) -> None:
        """A user table that is incomplete, as after a half restored backup, would cost people their conversations."""
        count = orphans = 0
        async for owners, users in self._pages(page_size):
            tally.add(owners=len(owners))
            count += len(owners)
            orphans += len(set(owners) - users)
        if orphans * 100 > percent * count:
            raise TooManyOrphansError(orphans, count)

    async def _pages(self, page_size: int) -> AsyncIterator[tuple[Sequence[OwnerId], frozenset[OwnerId]]]:
        """All owners by the page, each page with those who are users."""
        owners = await self._data.owners(None, page_size)
        while owners:
            yield owners, await self._users.users_among(owners)
            owners = await self._data.owners(owners[-1], page_size)

    async def _delete(self, owner_id: OwnerId, batch_size: int, tally: Tally) -> Holdings:
        deleted = await delete_all(self._data, owner_id, batch_size, tally)
        return Holdings(conversations=deleted.conversations, messages=deleted.messages)
