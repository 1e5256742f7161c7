"""The contract of the port to those who may be acted for, for every implementation."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest

from adapters.better_auth.names import Names
from adapters.better_auth.verifier import BetterAuthTokenVerifier, SignaturePolicy
from adapters.postgres.database import Database
from domain.errors import BannedError, UnavailableError, UnknownOwnerError
from domain.identifiers import OwnerId
from domain.ports.owner_verifier import OwnerVerifier
from tests.support.fakes.owners import InMemoryOwnerVerifier


@dataclass(frozen=True, kw_only=True)
class Users:
    """A verifier that knows no user yet, how to add, ban and delete one, and what their ids look like."""

    verifier: OwnerVerifier
    add: Callable[[OwnerId], Awaitable[object]]
    ban: Callable[[OwnerId], Awaitable[object]]
    delete: Callable[[OwnerId], Awaitable[object]]
    new_id: Callable[[], str]


NEW_IDS: dict[str, Callable[[], str]] = {
    "text": lambda: f"user-{secrets.token_hex(6)}",
    "varchar(36)": lambda: f"user-{secrets.token_hex(6)}",
    "char(36)": lambda: f"user-{secrets.token_hex(6)}",
    "uuid": lambda: str(uuid4()),
    "integer": lambda: str(secrets.randbits(31)),
    "bigint": lambda: str(secrets.randbits(63)),
}


@asynccontextmanager
async def better_auth_schema(database: Database, id_type: str) -> AsyncIterator[str]:
    """better-auth's tables, empty, in a schema of their own; its name."""
    schema = f"better_auth_{secrets.token_hex(6)}"
    await database.fetch(f"CREATE SCHEMA {schema}", ())
    await database.fetch(f'CREATE TABLE {schema}."user" (id {id_type} PRIMARY KEY, banned boolean)', ())
    await database.fetch(
        f'CREATE TABLE {schema}."session" (token text UNIQUE, "expiresAt" timestamptz, "userId" {id_type})', ()
    )
    yield schema
    await database.fetch(f"DROP SCHEMA {schema} CASCADE", ())


@pytest.fixture(params=["in memory", *NEW_IDS])
async def users(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Users]:
    if request.param == "in memory":
        fake = InMemoryOwnerVerifier()

        async def on_fake(change: Callable[[str], object], user: OwnerId) -> None:
            change(user)

        yield Users(
            verifier=fake,
            add=lambda user: on_fake(fake.users.add, user),
            ban=lambda user: on_fake(fake.banned.add, user),
            delete=lambda user: on_fake(fake.users.discard, user),
            new_id=NEW_IDS["text"],
        )
        return
    async with better_auth_schema(database, request.param) as schema:
        yield Users(
            verifier=BetterAuthTokenVerifier(database, Names(schema=schema), SignaturePolicy(secret=None)),
            add=lambda user: database.fetch(f"INSERT INTO {schema}.\"user\" VALUES ('{user}')", ()),  # noqa: S608 - ids of ours
            ban=lambda user: database.fetch(f"UPDATE {schema}.\"user\" SET banned = true WHERE id = '{user}'", ()),  # noqa: S608 - ids of ours
            delete=lambda user: database.fetch(f"DELETE FROM {schema}.\"user\" WHERE id = '{user}'", ()),  # noqa: S608 - ids of ours
            new_id=NEW_IDS[request.param],
        )


async def test_a_user_may_be_acted_for_until_the_user_is_deleted(users: Users) -> None:
    user = OwnerId(users.new_id())
    await users.add(user)
    await users.verifier.verify_owner(user)

    await users.delete(user)

    with pytest.raises(UnknownOwnerError):
        await users.verifier.verify_owner(user)


async def test_a_banned_user_may_not_be_acted_for(users: Users) -> None:
    user, other = OwnerId(users.new_id()), OwnerId(users.new_id())
    for one in (user, other):
        await users.add(one)

    await users.ban(user)

    await users.verifier.verify_owner(other)
    with pytest.raises(BannedError):
        await users.verifier.verify_owner(user)


@pytest.mark.parametrize(
    "spelling", ["0{}", "+{}", " {}", "{}x", "{{{}}}", "{}9999999999999999999", "nobody", "' OR 1=1 -- ünï 🜂", "%"]
)
async def test_another_spelling_of_a_users_id_is_no_users(users: Users, spelling: str) -> None:
    user = users.new_id()
    await users.add(OwnerId(user))

    for other in (spelling.format(user), user.upper() if user != user.upper() else f"00{user}"):
        with pytest.raises(UnknownOwnerError):
            await users.verifier.verify_owner(OwnerId(other))


async def test_tables_that_changed_meanwhile_are_looked_at_again(database: Database) -> None:
    async with better_auth_schema(database, "text") as schema:
        verifier = BetterAuthTokenVerifier(database, Names(schema=schema), SignaturePolicy(secret=None))
        await database.fetch(f"INSERT INTO {schema}.\"user\" VALUES ('7')", ())  # noqa: S608 - the schema is ours
        await verifier.verify_owner(OwnerId("7"))

        for table, column in (("user", "id"), ("session", "userId")):
            change = f'ALTER "{column}" TYPE integer USING "{column}"::integer'
            await database.fetch(f'ALTER TABLE {schema}."{table}" {change}', ())

        with pytest.raises(UnavailableError):
            await verifier.verify_owner(OwnerId("7"))
        await verifier.verify_owner(OwnerId("7"))
