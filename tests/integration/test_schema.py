"""The schema: its migrations, and its constraints."""

import asyncio

import asyncpg
import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.migrating import migrate
from adapters.postgres.revisions import newest_revision
from tests.support.postgres import execute
from tests.support.schema import CONVERSATION, KEY, MESSAGE, REPLY_BATCH, differences, insert


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
    (insert("reply_batches", REPLY_BATCH), "pk_reply_batches"),
    (insert("reply_batches", REPLY_BATCH, n="-1"), "ck_reply_batches_n_counts"),
    (insert("reply_batches", REPLY_BATCH, seq="0"), "ck_reply_batches_seq_counts"),
    (insert("reply_batches", REPLY_BATCH, owner_id="'bob'"), "fk_reply_batches_conversations"),
    (insert("idempotency_keys", KEY), "pk_idempotency_keys"),
]


@pytest.mark.parametrize(("statement", "constraint"), VIOLATIONS)
async def test_every_constraint_holds(database_url: str, statement: str, constraint: str) -> None:
    connection = await asyncpg.connect(**DatabaseAddress.parse(database_url).arguments)
    await connection.execute("BEGIN")  # and never commit: the database is everybody's
    await connection.execute(insert("conversations", CONVERSATION, id=MESSAGE["conversation_id"]))
    await connection.execute(insert("messages", MESSAGE))
    await connection.execute(insert("reply_batches", REPLY_BATCH))
    await connection.execute(insert("idempotency_keys", KEY))

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as raised:
        await connection.execute(statement)

    await connection.close()
    assert raised.value.constraint_name == constraint


def test_the_list_of_constraints_above_is_whole(database_url: str) -> None:
    rows = execute(
        database_url,
        """SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        WHERE relname IN ('conversations', 'messages', 'reply_batches', 'idempotency_keys')
            AND contype IN ('p', 'u', 'f', 'c')""",
    )

    assert {row["conname"] for row in rows} == {constraint for _, constraint in VIOLATIONS}
