"""The plan of the statement that lists conversations: a page is read from the index, whatever else its owner has."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import asyncpg
import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.migrating import migrate
from adapters.postgres.reads import CONVERSATIONS
from tests.support.postgres import execute, new_database

_FILL: Final = """
    INSERT INTO conversations
        (owner_id, id, title_is_auto, metadata, last_seq, open_tool_calls, archived_at, created_at, updated_at)
    SELECT owner, gen_random_uuid(), false, '{}', 0, '{}', CASE WHEN (n <= 100) = is_archiver THEN NULL ELSE now() END,
        now(), '2026-01-01'::timestamptz + n * interval '1 s'
    FROM generate_series(1, 20100) AS n, (VALUES ('ann', true), ('bob', false)) AS owners (owner, is_archiver)
"""
"""Ann's 100 oldest conversations are live and 20,000 newer ones archived; Bob has it the other way round."""


@pytest.fixture(scope="module")
def filled_url(server_url: str) -> Iterator[str]:
    """A database with the conversations of Ann and Bob, without statistics."""
    with new_database(server_url) as url:
        asyncio.run(migrate(DatabaseAddress.parse(url)))
        execute(url, "ALTER TABLE conversations SET (autovacuum_enabled = off)", _FILL)
        yield url


@pytest.mark.parametrize("statistics", ["unknown", "analyzed"])
@pytest.mark.parametrize("plan", ["generic", "custom"])
@pytest.mark.parametrize(("owner", "archived"), [("ann", "false"), ("bob", "true")])
async def test_the_older_kind_is_listed_without_reading_the_newer(
    filled_url: str, owner: str, archived: str, plan: str, statistics: str
) -> None:
    values = {
        "owner_id": f"'{owner}'",
        "archived": archived,
        "after_updated_at": "'9999-12-31'",
        "after_id": "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
        "limit": "21",
    }
    connection = await asyncpg.connect(**DatabaseAddress.parse(filled_url).arguments)
    await connection.execute("BEGIN")
    if statistics == "analyzed":
        await connection.execute("ANALYZE conversations")  # undone at the end
    await connection.execute(f"SET plan_cache_mode = force_{plan}_plan")
    await connection.execute(f"PREPARE page AS {CONVERSATIONS.sql}")
    page = f"EXECUTE page({', '.join(values[name] for name in CONVERSATIONS.parameters)})"

    ((explained,),) = await connection.fetch(f"EXPLAIN (FORMAT JSON, ANALYZE, BUFFERS) {page}")

    await connection.close()
    plan_tree = json.loads(explained)[0]["Plan"]
    nodes = list(_nodes(plan_tree))
    assert [node["Node Type"] for node in nodes] == ["Limit", "Index Scan"]
    assert nodes[-1]["Index Name"] == "ix_conversations_owner_id_is_archived_updated_at_id"
    assert plan_tree["Actual Rows"] == 21
    assert sum(node.get("Rows Removed by Filter", 0) for node in nodes) == 0
    assert plan_tree["Shared Hit Blocks"] + plan_tree["Shared Read Blocks"] <= 30


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A node of a plan, and all below it."""
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)
