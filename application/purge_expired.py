"""Purge expired: remove the conversations in which nothing has happened for long."""

from collections.abc import AsyncIterator
from datetime import timedelta

from application.progress import ReportProgress, Tally, unheard
from domain.errors import TooManyExpiredError
from domain.identifiers import OwnerId
from domain.maintenance import Holdings
from domain.ports.owner_data_repository import OwnerDataRepository


class PurgeExpired:
    """Count the expired conversations of all owners, and delete them.

    It can be interrupted at any moment: each batch is whole, and the next run goes on with what is left.
    """

    def __init__(self, data: OwnerDataRepository) -> None:
        self._data = data

    async def __call__(
        self,
        *,
        older_than: timedelta,
        delete: bool,
        batch_size: int,
        largest_share: int,
        progress: ReportProgress = unheard,
    ) -> Holdings:
        """Count those whose last activity is longer ago. With ``delete``, delete them, ``batch_size`` at a time.

        Returns how many there are, or how many were deleted: what is continued meanwhile is not. With ``delete``,
        raises TooManyExpiredError before anything is deleted, if they are more than ``largest_share`` percent of all
        conversations. Raises UnavailableError.
        """
        expired, kept = await self._count(older_than, batch_size, Tally(progress))
        if not delete:
            return expired
        if expired.conversations * 100 > largest_share * kept:
            raise TooManyExpiredError(expired.conversations, kept)
        deleted, tally = Holdings(), Tally(progress, all_rows=expired.total)
        async for owner_id in self._owners(batch_size):
            tally.add(owners=1)
            while (batch := await self._data.delete_expired(owner_id, batch_size, older_than)).conversations:
                tally.add(rows=batch.total)
                deleted += batch
        return deleted

    async def _count(self, older_than: timedelta, page_size: int, tally: Tally) -> tuple[Holdings, int]:
        """What is expired, and the number of all conversations."""
        expired, kept = Holdings(), 0
        async for owner_id in self._owners(page_size):
            tally.add(owners=1)
            expired += await self._data.expired(owner_id, older_than)
            kept += (await self._data.holdings(owner_id)).conversations
        return expired, kept

    async def _owners(self, page_size: int) -> AsyncIterator[OwnerId]:
        owners = await self._data.owners(None, page_size)
        while owners:
            for owner_id in owners:
                yield owner_id
            owners = await self._data.owners(owners[-1], page_size)
