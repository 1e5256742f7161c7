"""Authenticate: who holds this session token."""

from domain.errors import UnauthenticatedError
from domain.ports import TokenVerifier
from domain.principal import Principal


class Authenticate:
    """Tell whom a session token belongs to."""

    def __init__(self, tokens: TokenVerifier) -> None:
        self._tokens = tokens

    async def __call__(self, token: str) -> Principal:
        """The caller. Raises UnauthenticatedError, the same for every cause."""
        principal = await self._tokens.verify(token)
        if principal is None:
            raise UnauthenticatedError
        return principal
