"""better-auth's tables in a development database, as its own migration makes them, and a user with a session.

The tables are those of better-auth 1.7 without plugins. A database that has these tables already is never changed.
"""

import secrets
from typing import Final

from adapters.better_auth.queries import Queries

_USER_ID: Final = "development-user"
_TABLES: Final = (
    """
    CREATE TABLE "user" (
        "id" text NOT NULL PRIMARY KEY,
        "name" text NOT NULL,
        "email" text NOT NULL UNIQUE,
        "emailVerified" boolean NOT NULL,
        "image" text,
        "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
        "updatedAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL
    )
    """,
    """
    CREATE TABLE "session" (
        "id" text NOT NULL PRIMARY KEY,
        "expiresAt" timestamptz NOT NULL,
        "token" text NOT NULL UNIQUE,
        "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
        "updatedAt" timestamptz NOT NULL,
        "ipAddress" text,
        "userAgent" text,
        "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE "account" (
        "id" text NOT NULL PRIMARY KEY,
        "accountId" text NOT NULL,
        "providerId" text NOT NULL,
        "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
        "accessToken" text,
        "refreshToken" text,
        "idToken" text,
        "accessTokenExpiresAt" timestamptz,
        "refreshTokenExpiresAt" timestamptz,
        "scope" text,
        "password" text,
        "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
        "updatedAt" timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE "verification" (
        "id" text NOT NULL PRIMARY KEY,
        "identifier" text NOT NULL,
        "value" text NOT NULL,
        "expiresAt" timestamptz NOT NULL,
        "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
        "updatedAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL
    )
    """,
    'CREATE INDEX "session_userId_idx" ON "session" ("userId")',
    'CREATE INDEX "account_userId_idx" ON "account" ("userId")',
    'CREATE INDEX "verification_identifier_idx" ON "verification" ("identifier")',
)

_ADD_USER: Final = """
    INSERT INTO "user" ("id", "name", "email", "emailVerified") VALUES ($1, $1, $1 || '@localhost', true)
    ON CONFLICT ("id") DO NOTHING
"""
_RENEW_SESSION: Final = """
    INSERT INTO "session" ("id", "expiresAt", "token", "updatedAt", "userId")
    VALUES ($1, clock_timestamp() + interval '7 days', $2, clock_timestamp(), $1)
    ON CONFLICT ("id") DO UPDATE SET "expiresAt" = excluded."expiresAt", "updatedAt" = excluded."updatedAt"
    RETURNING "token"
"""


async def has_tables(queries: Queries) -> bool:
    """Whether better-auth has its session table here."""
    row = await queries.fetch_row("SELECT to_regclass('\"session\"') IS NOT NULL AS found", ())
    return row is not None and bool(row["found"])


async def create_tables(queries: Queries) -> None:
    """Create the tables in a database that has none of them."""
    for statement in _TABLES:
        await queries.fetch_row(statement, ())


async def open_session(queries: Queries, user_id: str = _USER_ID) -> str:
    """The token of a user's session, always the same one; it is valid for seven days from now."""
    await queries.fetch_row(_ADD_USER, (user_id,))
    row = await queries.fetch_row(_RENEW_SESSION, (user_id, secrets.token_hex(16)))
    if row is None:
        raise LookupError("the session that was written is not there")
    return str(row["token"])
