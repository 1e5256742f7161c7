"""Authenticate an agent: for whom the agent runtime acts without a session."""

from domain.errors import RuleViolationError, UnknownOwnerError
from domain.ports.owner_verifier import OwnerVerifier
from domain.principal import Principal


class AuthenticateAgent:
    """Let the agent runtime act for a user; whoever calls this has proof that it is the runtime."""

    def __init__(self, owners: OwnerVerifier) -> None:
        self._owners = owners

    async def __call__(self, user_id: str) -> Principal:
        """The agent runtime on the user's behalf. Raises UnknownOwnerError, BannedError."""
        try:
            agent = Principal.agent(on_behalf_of=user_id)
        except RuleViolationError:
            raise UnknownOwnerError from None
        await self._owners.verify_owner(agent.owner_id)
        return agent
