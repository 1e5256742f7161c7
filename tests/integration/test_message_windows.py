"""Pages of a long conversation are read along the primary key, also where many messages in a row were removed."""

import json
from collections.abc import Iterator
from typing import Any, Final

from adapters.postgres import message_windows
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.compiling import Statement
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from domain.pages import MessageWindow
from tests.support.conversations import new_conversation
from tests.support.databases import prepare

WINDOWS: Final[dict[str, tuple[Statement, MessageWindow]]] = {
    "newest": (message_windows.MESSAGES_NEWEST, MessageWindow()),
    "before": (message_windows.MESSAGES_BEFORE, MessageWindow(before=20_000)),
    "after": (message_windows.MESSAGES_AFTER, MessageWindow(after=10_000)),
    "around": (message_windows.MESSAGES_AROUND, MessageWindow(around=15_000)),
}
EXPECTED: Final = {
    "newest": [*range(29_951, 30_001)],
    "before": [*range(9_951, 10_001)],
    "after": [*range(20_001, 20_051)],
    "around": [*range(9_976, 10_001), *range(20_001, 20_026)],
}
FILL: Final = """
    INSERT INTO messages (owner_id, conversation_id, seq, role, content, status, metadata, created_at, removed_at)
    SELECT $1, $2, n, 'user', '"x"', 'completed', '{}', now(), CASE WHEN n BETWEEN 10001 AND 20000 THEN now() END
    FROM generate_series(1, 30000) AS n
"""


def scans(plan: Any) -> Iterator[tuple[str, str]]:
    """How the table of messages is read, and by which index."""
    if plan.get("Relation Name") == "messages":
        yield plan["Node Type"], plan.get("Index Name", "")
    for part in plan.get("Plans", ()):
        yield from scans(part)


async def test_a_page_is_read_along_the_primary_key_whatever_was_removed(empty_database_url: str) -> None:
    await prepare(empty_database_url)
    async with Database.connect(DatabaseAddress.parse(empty_database_url), PoolSettings(size=1)) as database:
        repository = PostgresConversationRepository(database)
        owner, place = await new_conversation(repository)
        await database.fetch(FILL, (owner, place))
        await database.fetch("UPDATE conversations SET last_seq = 30000 WHERE id = $1", (place,))
        await database.fetch("ANALYZE messages", ())

        found, plans = {}, {}
        for name, (statement, window) in WINDOWS.items():
            page = await repository.messages(owner, place, window)
            found[name] = [message.seq for message in page.messages]
            anchor = next((one for one in (window.before, window.after, window.around) if one is not None), 0)
            values = {"owner_id": owner, "conversation_id": place, "limit": window.limit, "anchor": anchor}
            explained = await database.fetch(f"EXPLAIN (FORMAT JSON) {statement.sql}", statement.arguments(values))
            plans[name] = {*scans(json.loads(explained[0][0])[0]["Plan"])}

    assert found == EXPECTED
    for name, plan in plans.items():
        assert {index for _, index in plan} == {"pk_messages"}, name
        assert {kind for kind, _ in plan} <= {"Index Scan", "Index Only Scan"}, name
