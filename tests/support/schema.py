"""The schema as it should be, and rows for it, written without the adapter's statements."""

from typing import Any

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.revisions import REVISION_TABLE
from adapters.postgres.tables import SCHEMA

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
REPLY_BATCH = {
    "owner_id": "'ann'",
    "conversation_id": MESSAGE["conversation_id"],
    "seq": "1",
    "n": "0",
    "events": "'[]'",
    "written_at": "now()",
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
    """The statement that inserts a row; values are SQL."""
    row = values | changes
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})"  # noqa: S608 - constants


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
