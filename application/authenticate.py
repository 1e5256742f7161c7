"""Authenticate: find the caller to whom a credential belongs."""

from domain.credential import Credential
from domain.ports.token_verifier import TokenVerifier
from domain.principal import Principal


class Authenticate:
    """Find out who calls."""

    def __init__(self, tokens: TokenVerifier) -> None:
        self._tokens = tokens

    async def __call__(self, credential: Credential) -> Principal:
        """The caller. Raises UnauthenticatedError, BannedError."""
        return await self._tokens.verify(credential)
