"""On a cluster of Citus: owners are spread over its workers, and all rows of one owner lie together."""

import secrets

import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.migrating import migrate
from adapters.postgres.reply_log import PostgresReplyLog
from adapters.postgres.tables import SCHEMA
from domain.idempotency import IdempotencyKey
from domain.identifiers import OwnerId
from tests.support.citus import DISTRIBUTE, IS_CITUS, execute, nodes
from tests.support.reply_logs import new_conversation

OWNERS = [OwnerId(f"citizen-{secrets.token_hex(6)}") for _ in range(20)]  # the chance that all are on one of two: 1e-6
KEY = IdempotencyKey(key="k", fingerprint=b"f")
PLACES = """
    SELECT nodeport, unnest(string_to_array(result, ' ')) AS owner_id
    FROM run_command_on_placements('{table}', $$SELECT string_agg(DISTINCT owner_id, ' ') FROM %s$$)
"""


@pytest.fixture
async def _cluster(server_url: str) -> None:
    if not await execute(server_url, IS_CITUS):
        pytest.skip("the tests' PostgreSQL is no coordinator of Citus")


@pytest.mark.usefixtures("_cluster")
async def test_owners_are_on_all_workers_and_each_has_one_place(database: Database, database_url: str) -> None:
    for owner_id in OWNERS:
        await PostgresReplyLog(database).begin_conversation(owner_id, new_conversation("Hi"), KEY)

    places: dict[str, set[int]] = {owner_id: set() for owner_id in OWNERS}
    for table in SCHEMA.tables:
        rows = await execute(database_url, PLACES.format(table=table))
        here = {row["owner_id"]: row["nodeport"] for row in rows}
        for owner_id in OWNERS:
            places[owner_id].add(here[owner_id])

    assert {owner_id: ports for owner_id, ports in places.items() if len(ports) != 1} == {}
    assert len(set.union(*places.values())) == len(await nodes(database_url)) - 1


@pytest.mark.usefixtures("_cluster")
async def test_our_tables_are_distributed_and_no_others(database_url: str) -> None:
    rows = await execute(database_url, "SELECT table_name::text FROM citus_tables")

    assert {row["table_name"] for row in rows} == set(SCHEMA.tables)


@pytest.mark.usefixtures("_cluster")
async def test_each_revision_runs_on_tables_that_are_distributed_already(empty_database_url: str) -> None:
    address = DatabaseAddress.parse(empty_database_url)
    await migrate(address, "0001")
    *first, new = DISTRIBUTE  # the table of the logs came with a later revision
    await execute(empty_database_url, *first)

    await migrate(address)
    await execute(empty_database_url, new)

    async with Database.connect(address, PoolSettings(size=1)) as database:
        conversation = new_conversation("Hi")
        await PostgresReplyLog(database).begin_conversation(OWNERS[0], conversation, KEY)
        kept = await PostgresConversationRepository(database).conversation(OWNERS[0], conversation.id)
    assert (kept.last_seq, kept.reply_seq) == (2, 2)
