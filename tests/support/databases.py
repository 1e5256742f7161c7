"""What the service needs in a database: its schema, better-auth's tables, and users who are signed in."""

import secrets

from adapters.better_auth.development import create_tables, open_session
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.migrating import migrate
from tests.support.citus import distribute
from tests.support.postgres import past_pooler


async def prepare(url: str) -> None:
    """Migrate a database, and give it better-auth's tables."""
    await migrate(DatabaseAddress.parse(past_pooler(url)))
    await distribute(past_pooler(url))
    async with Database.connect(DatabaseAddress.parse(url), PoolSettings(size=1)) as database:
        await create_tables(database)


async def sign_in(url: str) -> str:
    """The token of a new user's session."""
    (token,) = await _sign_in(url, 1)
    return token


async def prepare_users(url: str, count: int = 3) -> list[str]:
    """Prepare an empty database, and sign users in; the tokens of their sessions."""
    await prepare(url)
    return await _sign_in(url, count)


async def _sign_in(url: str, count: int) -> list[str]:
    async with Database.connect(DatabaseAddress.parse(url), PoolSettings(size=1)) as database:
        return [await open_session(database, f"user-{secrets.token_hex(6)}") for _ in range(count)]
