"""The directory of users in memory."""

from collections.abc import Collection
from typing import override

from domain.errors import NoUsersError
from domain.identifiers import OwnerId
from domain.ports.user_directory import UserDirectory


class InMemoryUserDirectory(UserDirectory):
    """Knows the users it is given."""

    def __init__(self, *users: OwnerId) -> None:
        self.users = set(users)

    @override
    async def users_among(self, owner_ids: Collection[OwnerId]) -> frozenset[OwnerId]:
        if not self.users:
            raise NoUsersError
        return frozenset(self.users.intersection(owner_ids))
