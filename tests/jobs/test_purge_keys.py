"""Purging idempotency keys, as an operator does it."""

import asyncio
import re
from collections.abc import Sequence

import pytest

from entrypoints.cli.main import main
from tests.support.databases import prepare
from tests.support.postgres import execute

PLANT = """
    INSERT INTO idempotency_keys
    SELECT owner, age::text, '', gen_random_uuid(), 1, 1, now() - age * interval '1 hour'
    FROM unnest(ARRAY['ann', 'bob']) AS owner, unnest(ARRAY[0, 23, 25, 47, 49, 1000]) AS age
"""
LEFT = "SELECT owner_id, array_agg(key::int ORDER BY key::int) AS ages FROM idempotency_keys GROUP BY 1 ORDER BY 1"


@pytest.fixture
def url(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database in which Ann and Bob have keys of 0 to 1000 hours."""
    asyncio.run(prepare(empty_database_url))
    execute(empty_database_url, PLANT)
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    return empty_database_url


@pytest.mark.parametrize(
    ("options", "deleted", "left"),
    [
        ([], 4, [0, 23, 25, 47]),
        (["--older-than", "24", "--batch-size", "1"], 8, [0, 23]),
        (["--older-than", "2000"], 0, [0, 23, 25, 47, 49, 1000]),
    ],
)
def test_older_keys_go_and_younger_ones_stay(
    url: str, options: Sequence[str], deleted: int, left: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["purge-keys", *options]) == 0
    assert main(["purge-keys", *options]) == 0

    assert capsys.readouterr().out == f"{deleted} idempotency key(s) deleted\n0 idempotency key(s) deleted\n"
    assert [tuple(row) for row in execute(url, LEFT)] == [("ann", left), ("bob", left)]


@pytest.mark.parametrize("options", [["--older-than", "23"], ["--older-than", "x"], ["--batch-size", "0"]])
def test_a_wrong_option_explains_itself(options: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["purge-keys", *options]) == 2

    assert options[0] in capsys.readouterr().err


def test_it_says_in_one_line_why_it_could_not_run(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    execute(url, "DROP TABLE ai_agent_revision")

    assert main(["purge-keys"]) == 1

    assert re.fullmatch(r"ai-agent: Keys can't be purged: .*run ai-agent migrate\.\n", capsys.readouterr().err)
