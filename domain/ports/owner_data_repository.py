"""The port to the data of owners, for the clean-up jobs; its docstrings are the contract of all implementations."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from domain.identifiers import OwnerId
from domain.maintenance import Holdings, OwnedRows


class OwnerDataRepository(Protocol):
    """Finds owners, counts what they have, and deletes it in batches.

    Every method raises UnavailableError when the storage is away; a batch is deleted whole or not at all.
    """

    @abstractmethod
    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        """The next owners of conversations or idempotency keys: at most ``limit``, each once, always in one order.

        They follow ``after`` in that order, whether that owner exists or not; None begins with the first one.
        """

    @abstractmethod
    async def owners_of_keys(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        """As ``owners``, but the owners of idempotency keys only."""

    @abstractmethod
    async def holdings(self, owner_id: OwnerId) -> Holdings:
        """What the owner has."""

    @abstractmethod
    async def rows(self, owner_id: OwnerId) -> OwnedRows:
        """How many rows the owner has, counted one by one at one instant, also messages without a conversation."""

    @abstractmethod
    async def delete_conversations(self, owner_id: OwnerId, limit: int) -> Holdings:
        """Delete the owner's oldest conversations with all their messages, at most ``limit``, at once.

        Returns how many; 0 means that none is left. A conversation that is being appended to is waited for.
        """

    @abstractmethod
    async def expired(self, owner_id: OwnerId, older_than: timedelta) -> Holdings:
        """The owner's conversations whose last activity is longer ago, by the storage's clock.

        The last activity is the latest append. A conversation in which a reply runs is none of them; an archived one
        counts as any other.
        """

    @abstractmethod
    async def delete_expired(self, owner_id: OwnerId, limit: int, older_than: timedelta) -> Holdings:
        """Delete conversations that are ``expired``, with all their messages, at most ``limit``, at once.

        Returns how many; 0 means that none is left. One that is being written to is passed over, not waited for.
        """

    @abstractmethod
    async def delete_keys(self, owner_id: OwnerId, limit: int, older_than: timedelta | None = None) -> int:
        """Delete the owner's idempotency keys that are older, by the storage's clock, or all if ``older_than`` is None.

        At most ``limit`` are deleted, at once. Returns how many; 0 means that none of that age is left.
        """
