"""The port to the sessions; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from typing import Protocol

from domain.credential import Credential
from domain.principal import Principal


class TokenVerifier(Protocol):
    """Finds out to whom a session belongs."""

    @abstractmethod
    async def verify(self, credential: Credential) -> Principal:
        """The caller, with the end of the session. Nothing is cached: a session that has ended is refused at once.

        Raises UnauthenticatedError: malformed, not signed as it must be, unknown, signed out, expired by the storage's
        clock, or of a user whose id can't be an owner's. Raises BannedError if the session is valid and its user is
        banned; UnavailableError when the storage is away.
        """
