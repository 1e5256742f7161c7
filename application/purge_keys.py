"""Purge keys: remove the idempotency keys that no retry will ask for any more."""

from datetime import timedelta

from application.progress import ReportProgress, Tally, unheard
from domain.errors import RuleViolationError
from domain.maintenance import LEAST_KEY_AGE
from domain.ports.owner_data_repository import OwnerDataRepository


class PurgeKeys:
    """Delete old idempotency keys, owner by owner.

    It can be interrupted at any moment: each batch is whole, and the next run goes on with what is left.
    """

    def __init__(self, data: OwnerDataRepository) -> None:
        self._data = data

    async def __call__(self, *, older_than: timedelta, batch_size: int, progress: ReportProgress = unheard) -> int:
        """Delete the keys that are older, at most ``batch_size`` at a time. Returns how many were deleted.

        Raises RuleViolationError if ``older_than`` is less than LEAST_KEY_AGE; UnavailableError.
        """
        if older_than < LEAST_KEY_AGE:
            raise RuleViolationError("older_than", f"must be at least {LEAST_KEY_AGE}")
        total, tally = 0, Tally(progress)
        owners = await self._data.owners_of_keys(None, batch_size)
        while owners:
            for owner_id in owners:
                tally.add(owners=1)
                while deleted := await self._data.delete_keys(owner_id, batch_size, older_than):
                    total += deleted
                    tally.add(rows=deleted)
            owners = await self._data.owners_of_keys(owners[-1], batch_size)
        return total
