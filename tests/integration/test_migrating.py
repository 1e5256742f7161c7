"""Migrating a database in use: several at once, under timeouts, behind a pooler."""

import asyncio
from urllib.parse import urlsplit

import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.migrating import MigrationError, migrate, newest_revision
from tests.support.postgres import execute


def configure(database_url: str, setting: str) -> None:
    """Give new sessions of a database a setting."""
    execute(database_url, f"ALTER DATABASE {urlsplit(database_url).path[1:]} SET {setting}")


async def test_several_at_once_succeed_where_no_lock_may_be_waited_for(empty_database_url: str) -> None:
    await asyncio.to_thread(configure, empty_database_url, "lock_timeout = '1ms'")
    address = DatabaseAddress.parse(empty_database_url)

    outcomes = await asyncio.gather(*(migrate(address) for _ in range(8)))

    assert {after for _, after in outcomes} == {newest_revision()}


async def test_a_pooler_is_refused_while_there_is_something_to_do(empty_database_url: str) -> None:
    address = DatabaseAddress.parse(empty_database_url)
    joint = "&" if "?" in empty_database_url else "?"
    pooled = DatabaseAddress.parse(f"{empty_database_url}{joint}pgbouncer=true")

    with pytest.raises(MigrationError, match="pooler"):
        await migrate(pooled)
    assert await migrate(address) == (None, newest_revision())
    assert await migrate(pooled) == (newest_revision(), newest_revision())
