"""Purging expired conversations, as an operator does it: the real command on a real database."""

import asyncio
import json
import re
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from adapters.postgres import owner_data
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.compiling import Statement
from entrypoints.cli.main import main
from tests.support.commands import AI_AGENT, INHERITED
from tests.support.databases import prepare
from tests.support.postgres import execute, transaction
from tests.support.terminals import run_on_terminal
from tests.support.waiting import eventually

PLANT = (
    """
    INSERT INTO conversations
    SELECT owner, lpad(days::text, 32, '0')::uuid, NULL, false, '{}', 2, '{}',
        CASE WHEN days % 2 = 1 THEN now() END, now() - interval '1 year', now() - days * interval '1 day'
    FROM unnest(ARRAY['ann', 'bob']) AS owner, unnest(ARRAY[0, 29, 31, 32, 100, 101]) AS days
    """,
    """
    INSERT INTO messages
    SELECT owner_id, id, seq, 'user', '"a secret"', NULL, NULL, NULL, NULL, 'completed', '{}', created_at
    FROM conversations, generate_series(1, 2) AS seq
    """,
    "INSERT INTO idempotency_keys SELECT owner_id, id::text, '', id, 1, 2, updated_at FROM conversations",
)
LEFT = """
    SELECT owner_id, array_agg(ltrim(replace(id::text, '-', ''), '0') ORDER BY id), (
        SELECT count(*) FROM messages WHERE messages.owner_id = conversations.owner_id
    )
    FROM conversations GROUP BY owner_id ORDER BY owner_id
"""
RETENTION = {"RETENTION_DAYS": "30"}
ALL = ["", "29", "31", "32", "100", "101"]
APPEND = """
    WITH written AS (
        UPDATE conversations SET last_seq = last_seq + 1, updated_at = now()
        WHERE owner_id = '{owner}' AND id = '00000000-0000-0000-0000-000000000{days}'
        RETURNING owner_id, id, last_seq, updated_at
    )
    INSERT INTO messages
    SELECT owner_id, id, last_seq, 'user', '"more"', NULL, NULL, NULL, NULL, 'completed', '{{}}', updated_at
    FROM written
"""
LOCK_MESSAGES = "SELECT FROM messages WHERE owner_id = 'ann' AND seq = 1 FOR UPDATE"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def url(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ann and Bob have conversations without activity for 0 to 101 days; those of odd numbers are archived."""
    asyncio.run(prepare(empty_database_url))
    execute(empty_database_url, *PLANT)
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    monkeypatch.setenv("RETENTION_DAYS", RETENTION["RETENTION_DAYS"])
    return empty_database_url


def left(url: str) -> list[tuple[Any, ...]]:
    """Of each owner the conversations by their days, and the number of messages."""
    return [tuple(row) for row in execute(url, LEFT)]


def of_both(days: Sequence[str]) -> list[tuple[Any, ...]]:
    """What ``left`` gives if both have these conversations."""
    return [(owner, [*days], 2 * len(days)) for owner in ("ann", "bob")]


def test_a_dry_run_counts_and_changes_nothing(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["purge-expired", "--dry-run"]) == 0

    said = (
        "8 conversation(s), 16 message(s) without activity for 30 day(s): nothing was deleted, as this is a dry run\n"
    )
    assert capsys.readouterr().out == said
    assert left(url) == of_both(ALL)


@pytest.mark.parametrize("batch_size", ["1", "3", "500"])
def test_what_is_expired_goes_archived_or_not_and_what_is_younger_stays(
    url: str, batch_size: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--largest-share", "70", "--batch-size", batch_size]

    assert main(["purge-expired", *options]) == 0
    assert main(["purge-expired", *options]) == 0

    counts = re.findall(r"(\d+) conversation\(s\), (\d+) message\(s\) .*: deleted\n", capsys.readouterr().out)
    assert counts == [("8", "16"), ("0", "0")]
    assert left(url) == of_both(["", "29"])
    assert main(["fsck"]) == 0


def test_more_than_half_is_deleted_only_if_it_is_told_so(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["purge-expired"]) == 1

    why = "8 of 12 conversations are expired; is the retention right? --largest-share 67 deletes them."
    assert capsys.readouterr().err == f"ai-agent: Expired conversations can't be purged: {why}\n"
    assert left(url) == of_both(ALL)
    assert main(["purge-expired", "--largest-share", "67"]) == 0
    assert left(url) == of_both(["", "29"])


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_without_a_retention_it_refuses_in_one_line(
    url: str, options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RETENTION_DAYS")

    assert main(["purge-expired", *options]) == 1

    assert re.fullmatch(r"ai-agent: RETENTION_DAYS is required .*\n", capsys.readouterr().err)
    assert left(url) == of_both(ALL)


def test_a_conversation_that_is_continued_between_the_count_and_its_deletion_stays(url: str) -> None:
    command = [str(AI_AGENT), "purge-expired", "--largest-share", "100"]
    with transaction(url, LOCK_MESSAGES):
        process = subprocess.Popen(
            command, env=INHERITED | {"DATABASE_URL": url, **RETENTION}, stdout=subprocess.PIPE, text=True
        )
        assert eventually(lambda: bool(execute(url, WAITING)[0][0]))  # it deletes Ann's, and has counted Bob's
        execute(url, APPEND.format(owner="bob", days="100"))
    printed, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert printed.startswith("7 conversation(s), 14 message(s)")
    assert left(url) == [("ann", ["", "29"], 4), ("bob", ["", "29", "100"], 7)]


def test_a_conversation_that_is_being_written_to_stays_and_is_not_waited_for(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with transaction(url, APPEND.format(owner="ann", days="101")):
        assert main(["purge-expired", "--largest-share", "100"]) == 0

    assert capsys.readouterr().out.startswith("7 conversation(s), 14 message(s)")
    assert left(url) == [("ann", ["", "29", "101"], 6), ("bob", ["", "29"], 4)]


def test_a_conversation_in_which_a_reply_runs_stays(url: str) -> None:
    execute(url, "UPDATE conversations SET reply_seq = 2 WHERE owner_id = 'ann' AND id::text LIKE '%031'")

    assert main(["purge-expired", "--largest-share", "100"]) == 0

    assert left(url) == [("ann", ["", "29", "31"], 6), ("bob", ["", "29"], 4)]


def test_keys_stay_for_late_retries(url: str) -> None:
    assert main(["purge-expired", "--largest-share", "100"]) == 0

    assert execute(url, "SELECT count(*) FROM idempotency_keys")[0][0] == 12


def test_killed_in_the_middle_it_goes_on_at_the_next_start(url: str) -> None:
    with transaction(url, LOCK_MESSAGES.replace("ann", "bob")):
        command = [str(AI_AGENT), "purge-expired", "--largest-share", "100", "--batch-size", "2"]
        process = subprocess.Popen(command, env=INHERITED | {"DATABASE_URL": url, **RETENTION})
        assert eventually(lambda: bool(execute(url, WAITING)[0][0]))
        process.kill()
        process.wait(30)
        halfway = left(url)

    assert halfway == [("ann", ["", "29"], 4), ("bob", ALL, 12)]
    assert main(["purge-expired"]) == 0
    assert eventually(lambda: left(url) == of_both(["", "29"]))  # PostgreSQL finishes what it was asked for


def test_a_terminal_shows_what_is_left_and_programs_get_json(url: str) -> None:
    code, printed, shown = run_on_terminal(
        "purge-expired", "--largest-share", "100", "--json", DATABASE_URL=url, **RETENTION
    )

    assert (code, json.loads(printed)) == (0, {"conversations": 8, "messages": 16, "deleted": True})
    assert "purge-expired: 2 owners, 24 of 24 rows, " in shown


@pytest.mark.parametrize("statement", [owner_data.EXPIRED, owner_data.DELETE_EXPIRED])
def test_expired_conversations_are_found_without_reading_the_others(url: str, statement: Statement) -> None:
    many = """
        INSERT INTO conversations
        SELECT owner, gen_random_uuid(), NULL, false, '{}', 0, '{}',
            CASE WHEN number % 2 = 1 THEN now() END, now(), now()
        FROM unnest(ARRAY['ann', 'bob', 'carol']) AS owner, generate_series(1, 10000) AS number
    """
    execute(url, many, "VACUUM ANALYZE conversations")

    plan = explained(url, statement, owner_id="ann", limit=2, age=timedelta(days=30))

    assert "Seq Scan" not in {node["Node Type"] for node in nodes(plan)}
    read = [node for node in nodes(plan) if node.get("Relation Name") == "conversations"]
    rows = (node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) for node in read)
    assert sum(rows) < 20


def explained(url: str, statement: Statement, **values: Any) -> Any:
    """The plan of a statement that is run with these values."""

    async def run() -> str:
        connection = await asyncpg.connect(**DatabaseAddress.parse(url).arguments)
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.sql}"
        try:
            return str(await connection.fetchval(explain, *statement.arguments(values)))
        finally:
            await connection.close()

    return json.loads(asyncio.run(run()))[0]["Plan"]


def nodes(plan: Any) -> list[Any]:
    """A plan and all its parts."""
    return [plan, *(node for part in plan.get("Plans", ()) for node in nodes(part))]
