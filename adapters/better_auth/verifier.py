"""The token verifier over better-auth's session table."""

import re
from typing import Final, override

import asyncpg

from adapters.better_auth.queries import Queries
from domain.errors import UnavailableError
from domain.identifiers import OwnerId
from domain.ports import TokenVerifier
from domain.principal import Principal

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,128}", re.ASCII)
"""better-auth makes 32 letters and digits; a hook may make others, such as a UUID."""

_SESSION: Final = """
    SELECT u.id::text AS user_id, s."expiresAt" AS expires_at
    FROM "session" AS s JOIN "user" AS u ON u.id = s."userId"
    WHERE s.token = $1 AND s."expiresAt" > clock_timestamp()
"""


class BetterAuthTokenVerifier(TokenVerifier):
    """Looks every token up, every time: a session that was ended is refused on the very next request."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    @override
    async def verify(self, token: str) -> Principal | None:
        if not _TOKEN.fullmatch(token):
            return None
        try:
            row = await self._queries.fetch_row(_SESSION, (token,))
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
            raise UnavailableError("better-auth's session table is missing in the database.") from error
        if row is None:
            return None
        return Principal(owner_id=OwnerId(row["user_id"]), session_expires_at=row["expires_at"])
