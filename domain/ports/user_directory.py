"""The port to the users; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import Collection
from typing import Protocol

from domain.identifiers import OwnerId


class UserDirectory(Protocol):
    """Knows who is a user."""

    @abstractmethod
    async def users_among(self, owner_ids: Collection[OwnerId]) -> frozenset[OwnerId]:
        """Those of the owners who are users at this moment.

        Raises NoUsersError if nobody is, among these or not; UnavailableError when the storage is away.
        """
