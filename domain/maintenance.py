"""Maintenance: what the jobs that clean up need from outside.

Each docstring is the contract that every implementation is tested against.
"""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol, Self

from domain.identifiers import OwnerId

LEAST_KEY_AGE: Final = timedelta(hours=24)
"""A retry may come for so long: no idempotency key that is younger is ever purged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """How many conversations, and how many messages in them."""

    conversations: int = 0
    messages: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(
            conversations=self.conversations + other.conversations, messages=self.messages + other.messages
        )


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


class UserDirectory(Protocol):
    """Knows who is a user."""

    @abstractmethod
    async def users_among(self, owner_ids: Collection[OwnerId]) -> frozenset[OwnerId]:
        """Those of the owners who are users at this moment.

        Raises NoUsersError if nobody is, among these or not; UnavailableError when the storage is away.
        """


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
