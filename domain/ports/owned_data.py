"""The port to all that owners have; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.identifiers import OwnerId
from domain.maintenance import Holdings


class OwnedData(Protocol):
    """All that is kept, owner by owner.

    Every method raises UnavailableError when the storage is away; a batch is deleted whole or not at all.
    """

    @abstractmethod
    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        """The next owners of conversations or idempotency keys, at most ``limit``, each once, in a lasting order.

        Those that follow ``after`` in that order, whether that one is there or not; from the first one on if None.
        """

    @abstractmethod
    async def holdings(self, owner_id: OwnerId) -> Holdings:
        """What the owner has."""

    @abstractmethod
    async def delete_conversations(self, owner_id: OwnerId, limit: int) -> Holdings:
        """Delete the owner's oldest conversations, at most ``limit``, with all their messages, at once; how many.

        One that is being appended to is waited for. None is left when none was deleted.
        """

    @abstractmethod
    async def delete_idempotency_keys(self, owner_id: OwnerId, limit: int) -> int:
        """Delete idempotency keys of the owner's, at most ``limit``, at once; how many. None is left when it is 0."""
