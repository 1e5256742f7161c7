"""The port to all idempotency keys; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from domain.identifiers import OwnerId


class StoredKeys(Protocol):
    """All idempotency keys that are kept, owner by owner.

    Every method raises UnavailableError when the storage is away; a batch is deleted whole or not at all.
    """

    @abstractmethod
    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        """The next owners of idempotency keys, at most ``limit``, each once, in a lasting order.

        Those that follow ``after`` in that order, whether that one is there or not; from the first one on if None.
        """

    @abstractmethod
    async def delete_older_than(self, owner_id: OwnerId, age: timedelta, limit: int) -> int:
        """Delete keys of the owner's that are older by the storage's clock, at most ``limit``, at once; how many.

        None of that age is left when it is 0.
        """
