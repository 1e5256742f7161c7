"""Erasing everything of one user, as an operator does it."""

import asyncio
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from entrypoints.cli.main import main
from tests.support.commands import AI_AGENT, INHERITED
from tests.support.databases import prepare
from tests.support.postgres import execute, transaction
from tests.support.waiting import eventually

PLANT = (
    """
    INSERT INTO conversations
    SELECT owner, lpad(number::text, 32, '0')::uuid, NULL, false, '{}', 2, '{}', NULL, now(), now()
    FROM unnest(ARRAY['ann', 'bob']) AS owner, generate_series(1, 5) AS number
    """,
    """
    INSERT INTO messages
    SELECT owner_id, id, seq, 'user', '"a secret"', NULL, NULL, NULL, NULL, 'completed', '{}', now()
    FROM conversations, generate_series(1, 2) AS seq
    """,
    "INSERT INTO idempotency_keys SELECT owner_id, id::text, '', id, 1, 2, now() FROM conversations",
)
COUNTS = """
    SELECT (SELECT count(*) FROM conversations WHERE owner_id = 'ann'),
        (SELECT count(*) FROM messages WHERE owner_id = 'ann'),
        (SELECT count(*) FROM idempotency_keys WHERE owner_id = 'ann')
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
THIRD = "SELECT FROM conversations WHERE owner_id = 'ann' AND id = '00000000-0000-0000-0000-000000000003' FOR UPDATE"


@pytest.fixture
def url(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database in which Ann and Bob have five conversations of two messages each, and as many keys."""
    asyncio.run(prepare(empty_database_url))
    execute(empty_database_url, *PLANT)
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    return empty_database_url


def rows(url: str, owner: str) -> list[int]:
    return list(execute(url, COUNTS.replace("ann", owner))[0])


@contextmanager
def waiting_at_the_third(url: str) -> Iterator[subprocess.Popen[str]]:
    """An erasure of Ann that has deleted two conversations, and waits for a lock on the third."""
    command = [str(AI_AGENT), "erase", "--user", "ann", "--batch-size", "1"]
    environment = INHERITED | {"DATABASE_URL": url}
    with transaction(url, THIRD):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert eventually(lambda: bool(execute(url, WAITING)[0][0]))
            yield process
        finally:
            process.kill()
            process.communicate()


def test_everything_of_the_user_goes_and_a_receipt_says_so(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["erase", "--user", "ann", "--batch-size", "2"])

    assert code == 0
    assert capsys.readouterr().out == (
        "conversations: 5 deleted, 0 left\n"
        "messages: 10 deleted, 0 left\n"
        "idempotency_keys: 5 deleted, 0 left\n"
        "ann: nothing is left\n"
    )
    assert (rows(url, "ann"), rows(url, "bob")) == ([0, 0, 0], [5, 10, 5])


def test_interrupted_it_goes_on_at_the_next_start(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with waiting_at_the_third(url) as process:
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=30)

    assert (process.returncode, printed) == (130, "")
    assert rows(url, "ann") == [3, 6, 5]
    assert main(["erase", "--user", "ann"]) == 0
    assert "conversations: 3 deleted, 0 left\n" in capsys.readouterr().out
    assert (rows(url, "ann"), rows(url, "bob")) == ([0, 0, 0], [5, 10, 5])


def test_a_connection_that_breaks_ends_it_without_a_receipt(url: str) -> None:
    with waiting_at_the_third(url) as process:
        execute(url, WAITING.replace("count(*)", "pg_terminate_backend(pid)"))
        printed, said = process.communicate(timeout=30)

    assert (process.returncode, printed) == (1, "")
    assert re.fullmatch(r"ai-agent: The erasure is not complete, run it again: .*\n", said)
    assert rows(url, "ann") == [3, 6, 5]


def test_what_the_second_look_finds_is_a_finding(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    execute(
        url,
        "ALTER TABLE messages DROP CONSTRAINT fk_messages_conversations",
        "DELETE FROM conversations WHERE owner_id = 'ann' AND id = '00000000-0000-0000-0000-000000000001'",
    )

    assert main(["erase", "--user", "ann"]) == 3

    printed = capsys.readouterr().out
    assert "messages: 8 deleted, 10 left\n" in printed
    assert printed.endswith("ann: something is left, so the erasure is not complete\n")


@pytest.mark.parametrize("options", [[], ["--user", ""], ["--user", "a\nb"], ["--user", "ann", "--batch-size", "0"]])
def test_a_wrong_option_explains_itself(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["erase", *options]) == 2

    assert re.fullmatch(r"ai-agent: .*'--.*\. Try ai-agent erase --help\.\n", capsys.readouterr().err)
