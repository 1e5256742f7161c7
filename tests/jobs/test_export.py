"""Exporting everything of one user, as an operator does it."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from entrypoints.cli.main import main
from tests.support.commands import AI_AGENT, INHERITED
from tests.support.databases import prepare
from tests.support.postgres import execute

PLANT = """
    WITH new AS (
        INSERT INTO conversations
        SELECT '{owner}', lpad(number::text, 32, '0')::uuid, 'a title', false, '{{"a": 1}}', {messages}, '{{}}', NULL,
            now(), now()
        FROM generate_series(1, {conversations}) AS number
        RETURNING owner_id, id
    )
    INSERT INTO messages
    SELECT owner_id, id, seq, 'user', to_json(repeat('x', {size})), NULL, NULL, NULL, NULL, 'completed', '{{}}', now()
    FROM new, generate_series(1, {messages}) AS seq
"""
MIB: Final = 1024 * 1024
STATUS: Final = Path("/proc/self/status")
MEASURED: Final = f"""
import re, sys
from entrypoints.cli.main import main
code = main(sys.argv[1:])
sys.stderr.write(re.search(r"VmHWM:\\s+(\\d+)", open("{STATUS}").read())[1])
sys.exit(code)
"""
"""A command that says last what memory it had at most, in KiB."""


@pytest.fixture
def url(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database in which Ann and Bob have two conversations of three messages each."""
    asyncio.run(prepare(empty_database_url))
    for owner in ("ann", "bob"):
        execute(empty_database_url, PLANT.format(owner=owner, conversations=2, messages=3, size=10))
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    return empty_database_url


def export(url: str, user: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [AI_AGENT, "export", "--user", user],
        env=INHERITED | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


def memory_to_export(url: str, user: str, file: Path) -> int:
    """The most memory, in bytes, that the command had."""
    with file.open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, "export", "--user", user],
            env=INHERITED | {"DATABASE_URL": url},
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            check=True,
            timeout=50,
        )
    return int(done.stderr.splitlines()[-1]) * 1024


def test_everything_of_the_user_comes_and_nothing_of_anothers(url: str) -> None:
    done = export(url, "ann")

    lines: list[Any] = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "2 conversation(s), 6 message(s) exported\n")
    assert [line["type"] for line in lines] == ["export", *["conversation", *["message"] * 3] * 2, "end"]
    assert lines[0]["user_id"] == "ann"
    assert [line["seq"] for line in lines if line["type"] == "message"] == [1, 2, 3] * 2
    assert lines[-1] == {"type": "end", "conversations": 2, "messages": 6}


def test_of_somebody_who_has_nothing_there_is_an_empty_export(url: str) -> None:
    done = export(url, "carol")

    assert done.returncode == 0
    assert [json.loads(line)["type"] for line in done.stdout.splitlines()] == ["export", "end"]


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells what memory a process had")
def test_a_long_export_takes_no_more_memory_than_a_short_one(url: str, tmp_path: Path) -> None:
    execute(url, PLANT.format(owner="carol", conversations=6, messages=100, size=100_000))
    file = tmp_path / "export.ndjson"

    short = memory_to_export(url, "ann", file)
    long = memory_to_export(url, "carol", file)

    assert file.stat().st_size > 57 * MIB
    assert long - short < 30 * MIB


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_full_disk_is_said_in_one_line(url: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [AI_AGENT, "export", "--user", "ann"],
            env=INHERITED | {"DATABASE_URL": url},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=50,
        )

    said = "ai-agent: The export is not complete: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_a_reader_that_leaves_is_said_in_one_line(url: str) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        done = subprocess.run(
            [AI_AGENT, "export", "--user", "ann"],
            env=INHERITED | {"DATABASE_URL": url},
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=50,
        )

    assert (done.returncode, done.stderr) == (1, "ai-agent: The export is not complete: Broken pipe\n")


def test_a_database_that_is_not_right_is_said_and_nothing_is_printed(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    execute(url, "DROP TABLE messages")

    assert main(["export", "--user", "ann"]) == 1

    said = capfd.readouterr()
    assert said.out == ""
    assert re.fullmatch(r'ai-agent: The export is not complete: relation "messages" does not exist\n', said.err)


@pytest.mark.parametrize("options", [[], ["--user", ""]])
def test_a_wrong_option_explains_itself(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", *options]) == 2

    assert re.fullmatch(r"ai-agent: .*'--.*\. Try ai-agent export --help\.\n", capsys.readouterr().err)
