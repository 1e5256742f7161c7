"""Purge keys: remove the idempotency keys that no retry will ask for any more."""

from datetime import timedelta

from domain.errors import RuleViolationError
from domain.maintenance import LEAST_KEY_AGE
from domain.ports.stored_keys import StoredKeys


class PurgeKeys:
    """Delete old idempotency keys, owner by owner.

    It can be broken off at any moment: each batch is whole, and the next run goes on with what is left.
    """

    def __init__(self, keys: StoredKeys) -> None:
        self._keys = keys

    async def __call__(self, *, older_than: timedelta, batch_size: int) -> int:
        """Delete the keys that are older, at most ``batch_size`` at a time; how many there were.

        Raises RuleViolationError if ``older_than`` is less than LEAST_KEY_AGE; UnavailableError.
        """
        if older_than < LEAST_KEY_AGE:
            raise RuleViolationError("older_than", f"must be at least {LEAST_KEY_AGE}")
        total = 0
        owners = await self._keys.owners(None, batch_size)
        while owners:
            for owner_id in owners:
                while deleted := await self._keys.delete_older_than(owner_id, older_than, batch_size):
                    total += deleted
            owners = await self._keys.owners(owners[-1], batch_size)
        return total
