"""The user directory over better-auth's user table."""

from collections.abc import Collection
from typing import override

from adapters.better_auth.queries import Queries
from domain.errors import NoUsersError
from domain.identifiers import OwnerId
from domain.ports.user_directory import UserDirectory


class BetterAuthUserDirectory(UserDirectory):
    """Looks users up in better-auth's user table. Its ids may be text, UUIDs or numbers; owners have them as text."""

    def __init__(self, queries: Queries, *, user_table: str, user_id: str) -> None:
        """Both names as SQL has them: ``"auth"."users"``, ``"id"``."""
        self._queries = queries
        self._query = f"""
            SELECT
                EXISTS (SELECT FROM {user_table}) AS has_users,
                ARRAY(
                    SELECT given.id FROM unnest($1::text[]) AS given (id)
                    WHERE EXISTS (SELECT FROM {user_table} AS u WHERE u.{user_id}::text = given.id)
                ) AS users
        """  # noqa: S608 - names that were quoted where they were found

    @override
    async def users_among(self, owner_ids: Collection[OwnerId]) -> frozenset[OwnerId]:
        row = await self._queries.fetch_row(self._query, (list(owner_ids),))
        if row is None or not row["has_users"]:
            raise NoUsersError
        return frozenset(OwnerId(user_id) for user_id in row["users"])
