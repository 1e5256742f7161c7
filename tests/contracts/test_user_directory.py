"""The contract of the directory of users, for every implementation."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest

from adapters.better_auth.users import BetterAuthUserDirectory
from adapters.postgres.database import Database
from domain.errors import NoUsersError
from domain.identifiers import OwnerId
from domain.ports.user_directory import UserDirectory
from tests.support.fakes.user_directory import InMemoryUserDirectory

NOBODY = OwnerId("nobody")


@dataclass(frozen=True)
class Users:
    """A directory of users that has none yet, how to add one, and what their ids look like."""

    directory: UserDirectory
    add: Callable[[OwnerId], Awaitable[object]]
    new_id: Callable[[], OwnerId]


NEW_IDS: dict[str, Callable[[], str]] = {
    "text": lambda: f"user-{secrets.token_hex(6)}",
    "varchar(36)": lambda: f"user-{secrets.token_hex(6)}",
    "uuid": lambda: str(uuid4()),
    "integer": lambda: str(secrets.randbits(31)),
    "bigint": lambda: str(secrets.randbits(63)),
}


@pytest.fixture(params=["in memory", *NEW_IDS])
async def users(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Users]:
    if request.param == "in memory":
        fake = InMemoryUserDirectory()

        async def add_in_memory(user: OwnerId) -> None:
            fake.users.add(user)

        yield Users(fake, add_in_memory, lambda: OwnerId(NEW_IDS["text"]()))
        return
    schema = f"better_auth_{secrets.token_hex(6)}"
    table = f'"{schema}"."Users"'
    await database.fetch(f"CREATE SCHEMA {schema}", ())
    await database.fetch(f'CREATE TABLE {table} ("userId" {request.param} PRIMARY KEY, owner_id text)', ())

    async def add(user: OwnerId) -> None:
        await database.fetch(f"INSERT INTO {table} VALUES ('{user}', '{NOBODY}')", ())  # noqa: S608 - ids of ours

    directory = BetterAuthUserDirectory(database, user_table=table, user_id='"userId"')
    yield Users(directory, add, lambda: OwnerId(NEW_IDS[request.param]()))
    await database.fetch(f"DROP SCHEMA {schema} CASCADE", ())


async def test_those_who_are_users_are_told_from_those_who_are_not(users: Users) -> None:
    ann, bob, carol = (users.new_id() for _ in range(3))
    for user in (ann, bob):
        await users.add(user)

    assert await users.directory.users_among([ann, bob, carol, NOBODY]) == {ann, bob}
    assert await users.directory.users_among([carol, OwnerId("' OR 1=1 -- ünï 🜂")]) == frozenset()
    assert await users.directory.users_among([]) == frozenset()


async def test_a_directory_without_a_user_answers_nothing(users: Users) -> None:
    with pytest.raises(NoUsersError):
        await users.directory.users_among([NOBODY])
    with pytest.raises(NoUsersError):
        await users.directory.users_among([])
