"""The schema: its migrations, and its constraints."""

import asyncio
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.migrating import REVISION_TABLE, migrate, newest_revision
from adapters.postgres.tables import SCHEMA
from tests.support.postgres import execute


async def test_migrations_climb_up_down_and_up_to_the_tables_of_the_code(empty_database_url: str) -> None:
    address = DatabaseAddress.parse(empty_database_url)

    assert await migrate(address) == (None, newest_revision())
    assert await migrate(address) == (newest_revision(), newest_revision())
    assert await migrate(address, "base") == (newest_revision(), None)
    assert await differences(address) != []
    assert await migrate(address) == (None, newest_revision())

    assert await differences(address) == []


async def test_several_that_migrate_at_once_do_it_once(empty_database_url: str) -> None:
    address = DatabaseAddress.parse(empty_database_url)

    outcomes = await asyncio.gather(*(migrate(address) for _ in range(8)))

    assert sorted(before or "" for before, _ in outcomes) == ["", *[newest_revision()] * 7]
    assert {after for _, after in outcomes} == {newest_revision()}


async def differences(address: DatabaseAddress) -> list[Any]:
    """What Alembic would still change."""

    async def connect() -> Any:
        return await asyncpg.connect(**address.arguments)

    def compare(connection: Any) -> list[Any]:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "version_table": REVISION_TABLE,
            "include_object": lambda _, name, kind, *__: not (kind == "table" and name == REVISION_TABLE),
        }
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), SCHEMA))

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()
    return found


CONVERSATION = {
    "owner_id": "'ann'",
    "id": "gen_random_uuid()",
    "title": "NULL",
    "title_is_auto": "false",
    "metadata": "'{}'",
    "last_seq": "0",
    "open_tool_calls": "'{}'",
    "created_at": "now()",
    "updated_at": "now()",
}
MESSAGE = {
    "owner_id": "'ann'",
    "conversation_id": "'00000000-0000-0000-0000-000000000001'",
    "seq": "1",
    "role": "'user'",
    "status": "'completed'",
    "metadata": "'{}'",
    "created_at": "now()",
}
KEY = {
    "owner_id": "'ann'",
    "key": "'k'",
    "fingerprint": "''",
    "conversation_id": "gen_random_uuid()",
    "first_seq": "1",
    "last_seq": "1",
    "created_at": "now()",
}


def insert(table: str, values: dict[str, str], **changes: str) -> str:
    row = values | changes
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})"  # noqa: S608 - constants


VIOLATIONS = [
    (insert("conversations", CONVERSATION, owner_id="''"), "ck_conversations_owner_is_named"),
    (insert("conversations", CONVERSATION, last_seq="-1"), "ck_conversations_last_seq_counts"),
    (insert("conversations", CONVERSATION, title="repeat('x', 201)"), "ck_conversations_title_is_short"),
    (insert("conversations", CONVERSATION, metadata="'[]'"), "ck_conversations_metadata_is_object"),
    (insert("conversations", CONVERSATION, id=MESSAGE["conversation_id"]), "pk_conversations"),
    (insert("messages", MESSAGE), "pk_messages"),
    (insert("messages", MESSAGE, seq="0"), "ck_messages_seq_counts"),
    (insert("messages", MESSAGE, seq="2", role="'boss'"), "ck_messages_role_is_known"),
    (insert("messages", MESSAGE, seq="2", status="'odd'"), "ck_messages_status_is_known"),
    (insert("messages", MESSAGE, owner_id="'bob'"), "fk_messages_conversations"),
    (insert("idempotency_keys", KEY), "pk_idempotency_keys"),
]


@pytest.mark.parametrize(("statement", "constraint"), VIOLATIONS)
async def test_every_constraint_holds(empty_database_url: str, statement: str, constraint: str) -> None:
    address = DatabaseAddress.parse(empty_database_url)
    await migrate(address)
    connection = await asyncpg.connect(**address.arguments)
    await connection.execute(insert("conversations", CONVERSATION, id=MESSAGE["conversation_id"]))
    await connection.execute(insert("messages", MESSAGE))
    await connection.execute(insert("idempotency_keys", KEY))

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as raised:
        await connection.execute(statement)

    await connection.close()
    assert raised.value.constraint_name == constraint


def test_the_list_of_constraints_above_is_whole(database_url: str) -> None:
    rows = execute(
        database_url,
        """SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        WHERE relname IN ('conversations', 'messages', 'idempotency_keys') AND contype IN ('p', 'u', 'f', 'c')""",
    )

    assert {row["conname"] for row in rows} == {constraint for _, constraint in VIOLATIONS}
