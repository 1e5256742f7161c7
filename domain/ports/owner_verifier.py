"""The port to those who may be acted for; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from typing import Protocol

from domain.identifiers import OwnerId


class OwnerVerifier(Protocol):
    """Tells whether an owner is a user for whom an agent runtime may act."""

    @abstractmethod
    async def verify_owner(self, owner_id: OwnerId) -> None:
        """Return if a user has exactly this id. Nothing is cached: a user who was deleted is refused at once.

        Raises UnknownOwnerError if there is none, BannedError if the user is banned; UnavailableError when the storage
        is away.
        """
