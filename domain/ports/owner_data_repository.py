"""The port to what owners have, for the jobs that clean up; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from domain.identifiers import OwnerId
from domain.maintenance import Holdings


class OwnerDataRepository(Protocol):
    """Knows what is kept of each owner, and deletes it, one batch at a time.

    Every method raises UnavailableError when the storage is away; a batch is deleted whole or not at all.
    """

    @abstractmethod
    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        """The next owners of conversations or idempotency keys, at most ``limit``, each once, in a lasting order.

        Those that follow ``after`` in that order, whether that one is there or not; from the first one on if None.
        """

    @abstractmethod
    async def owners_of_keys(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        """As ``owners``, but the owners of idempotency keys only."""

    @abstractmethod
    async def holdings(self, owner_id: OwnerId) -> Holdings:
        """What the owner has."""

    @abstractmethod
    async def delete_conversations(self, owner_id: OwnerId, limit: int) -> Holdings:
        """Delete the owner's oldest conversations, at most ``limit``, with all their messages, at once; how many.

        One that is being appended to is waited for. None is left when none was deleted.
        """

    @abstractmethod
    async def delete_keys(self, owner_id: OwnerId, limit: int, older_than: timedelta | None = None) -> int:
        """Delete idempotency keys of the owner's, at most ``limit``, at once; how many.

        Only those that are ``older_than`` that by the storage's clock, of any age if None. None of that age is left
        when it is 0.
        """
