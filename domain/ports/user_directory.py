"""The port to the users; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import Collection
from typing import Protocol

from domain.identifiers import OwnerId


class UserDirectory(Protocol):
    """Knows who is a user."""

    @abstractmethod
    async def users_among(self, owner_ids: Collection[OwnerId]) -> frozenset[OwnerId]:
        """The owners among these who are users at this moment.

        Raises NoUsersError if the directory has no user at all; UnavailableError when the storage is away.
        """
