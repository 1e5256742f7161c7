"""What jobs show while they run, and their results for programs: the real commands on a real database."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.postgres.revisions import newest_revision
from entrypoints.cli.main import main
from tests.support.databases import prepare
from tests.support.postgres import execute
from tests.support.terminals import run_on_terminal

PLANT = (
    """
    INSERT INTO conversations
    SELECT owner, lpad(number::text, 32, '0')::uuid, NULL, false, '{}', 2, '{}', NULL, now(), now()
    FROM unnest(ARRAY['ann', 'bob']) AS owner, generate_series(1, 5) AS number
    """,
    """
    INSERT INTO messages
    SELECT owner_id, id, seq, 'user', '"a secret"', NULL, NULL, NULL, NULL, 'completed', '{}', created_at
    FROM conversations, generate_series(1, 2) AS seq
    """,
    """
    INSERT INTO idempotency_keys
    SELECT owner_id, id::text, '', id, 1, 2, now() - interval '50 hours' FROM conversations
    """,
    """INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('bob', 'bob', 'bob', true)""",
)
ERASED_LINE = "\x1b[2K"
DAMAGE = "UPDATE conversations SET last_seq = 3 WHERE owner_id = 'ann' AND id = '00000000-0000-0000-0000-000000000001'"


@pytest.fixture
def url(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database in which Ann and Bob have five conversations of two messages each, and as many keys; Bob is a user."""
    asyncio.run(prepare(empty_database_url))
    execute(empty_database_url, *PLANT)
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    return empty_database_url


@pytest.mark.parametrize(
    ("command", "shows"),
    [
        (["export", "--user", "ann"], "export: 15 of 15 rows, "),
        (["erase", "--user", "ann", "--batch-size", "2"], "erase: 20 of 20 rows, "),
        (["purge-orphans"], "purge-orphans: 2 owners, "),
        (["purge-orphans", "--delete"], "purge-orphans: 2 owners, 20 rows, "),
        (["purge-keys"], "purge-keys: 2 owners, 10 rows, "),
        (["fsck"], "fsck: 2 owners, 30 rows, "),
        (["migrate"], "migrate: 0:00:0"),
    ],
)
def test_a_terminal_shows_how_far_it_is_until_the_end(url: str, command: list[str], shows: str) -> None:
    code, printed, shown = run_on_terminal(*command, DATABASE_URL=url)

    assert code == 0
    assert printed
    assert shows in shown
    assert shows not in shown.rpartition(ERASED_LINE)[2]
    assert shows not in printed


def test_a_terminal_shows_how_much_of_a_file_is_imported(
    url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ann.ndjson"
    main(["export", "--user", "ann"])
    file.write_text(capfd.readouterr().out)

    _, _, shown = run_on_terminal("import", "--user", "carol", str(file), DATABASE_URL=url)

    assert "import: 15 of 15 rows, " in shown


@pytest.mark.parametrize(
    "command", [["export", "--user", "ann"], ["erase", "--user", "ann"], ["fsck"], ["purge-keys"], ["migrate"]]
)
def test_quietly_nothing_is_shown(url: str, command: list[str]) -> None:
    code, printed, shown = run_on_terminal(*command, "--quiet", DATABASE_URL=url)

    assert (code, shown) == (0, "")
    assert printed


def test_an_error_is_one_line_below_the_progress(url: str) -> None:
    execute(url, "DROP TABLE idempotency_keys")

    code, printed, shown = run_on_terminal("fsck", DATABASE_URL=url)

    assert (code, printed) == (1, "")
    assert shown.rpartition(ERASED_LINE)[2].splitlines()[-1].startswith("ai-agent: The database can't be checked: ")


def results(command: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> list[Any]:
    assert main([*command, "--json"]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize(
    ("command", "result"),
    [
        (
            ["erase", "--user", "ann"],
            {
                "user_id": "ann",
                "deleted": {"conversations": 5, "messages": 10, "idempotency_keys": 5},
                "left": {"conversations": 0, "messages": 0, "idempotency_keys": 0},
            },
        ),
        (["purge-orphans"], {"owners": 1, "conversations": 5, "messages": 10, "deleted": False}),
        (["purge-orphans", "--delete"], {"owners": 1, "conversations": 5, "messages": 10, "deleted": True}),
        (["purge-keys"], {"idempotency_keys": 10}),
        (["fsck"], {"owners": 2, "conversations": 10, "messages": 20, "findings": 0}),
        (["migrate"], {"revision": newest_revision(), "revision_before": newest_revision()}),
        (["migrate", "--check"], {"revision": newest_revision(), "is_current": True}),
    ],
)
def test_results_come_as_json(command: list[str], result: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert results(command, 0, capsys) == [result]


def test_an_import_tells_as_json_what_it_did(url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ann.ndjson"
    main(["export", "--user", "ann"])
    file.write_text(capfd.readouterr().out)
    execute(url, "DELETE FROM conversations WHERE owner_id = 'ann' AND id > '00000000-0000-0000-0000-000000000002'")

    assert results(["import", "--user", "ann", str(file)], 0, capfd) == [
        {"conversations": 3, "messages": 6, "skipped": 2}
    ]


def test_each_owner_and_each_finding_is_an_object_of_its_own(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    execute(url, DAMAGE)

    owners = results(["purge-orphans", "--verbose"], 0, capsys)
    findings = results(["fsck"], 3, capsys)

    assert owners == [
        {"owner_id": "ann", "conversations": 5, "messages": 11},
        {"owners": 1, "conversations": 5, "messages": 11, "deleted": False},
    ]
    assert findings == [
        {
            "kind": "seqs",
            "owner_id": "ann",
            "conversation_id": "conv_00000000000000000000000000000001",
            "numbers": {"last_seq": 3, "messages": 2, "first": 1, "last": 2},
        },
        {"owners": 2, "conversations": 10, "messages": 20, "findings": 1},
    ]
