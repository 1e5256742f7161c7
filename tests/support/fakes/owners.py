"""A fake of the port to those who may be acted for."""

from typing import override

from domain.errors import BannedError, UnknownOwnerError
from domain.identifiers import OwnerId
from domain.ports.owner_verifier import OwnerVerifier


class InMemoryOwnerVerifier(OwnerVerifier):
    """Knows the users that it is given."""

    def __init__(self, *users: str) -> None:
        self.users = {*users}
        self.banned: set[str] = set()

    @override
    async def verify_owner(self, owner_id: OwnerId) -> None:
        if owner_id not in self.users:
            raise UnknownOwnerError
        if owner_id in self.banned:
            raise BannedError
