"""Importing what was exported, as an operator does it: export, erase, import gives the same rows again."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.reply_log import PostgresReplyLog
from application.append_messages import AppendMessages
from application.settle_reply import SettleReply
from domain.conversation import ConversationPatch, NewConversation
from domain.identifiers import ConversationId, OwnerId
from domain.message import NewMessage, Status
from domain.metadata import make_metadata
from domain.principal import Principal
from domain.quotas import NO_QUOTAS
from domain.removal import Removal
from domain.roles import Role
from entrypoints.cli.main import main
from tests.support.commands import AI_AGENT, INHERITED
from tests.support.databases import prepare
from tests.support.postgres import execute, transaction
from tests.support.waiting import eventually

ROWS = {
    "conversations": "SELECT kept::text FROM conversations AS kept WHERE owner_id = '{owner}' ORDER BY 1",
    "messages": "SELECT kept::text FROM messages AS kept WHERE owner_id = '{owner}' ORDER BY 1",
}
CALLS = [
    {"id": name, "type": "function", "function": {"name": "f", "arguments": '{"a":1.0}'}, "x": 1e25}
    for name in ("b", "a", "c")
]
PARTS: Final[list[dict[str, Any]]] = [
    {"type": "text", "text": "see\n\u2028"},
    {"type": "unknown", "b": 1, "a": [0.1, -0.0, 10**30, None, True]},
]
TRAFFIC: Final[list[list[NewMessage]]] = [
    [
        NewMessage(role=Role.SYSTEM, content="Be brief."),
        NewMessage(role=Role.USER, content="\0 😀 é e\u0301 \\u0000 \"'", name="ann", metadata={"n": 1e-7, "é": [{}]}),
        NewMessage(role=Role.ASSISTANT, content=None, tool_calls=CALLS),
        NewMessage(role=Role.TOOL, tool_call_id="c", content=""),
    ],
    [
        NewMessage(role=Role.USER, content=PARTS, item={"role": "user", "content": [{"b": 1e25, "a": "\0 é"}]}),
        NewMessage(role=Role.ASSISTANT, item={"type": "reasoning", "n": [0.1, 10**30, None]}, status=Status.FAILED),
    ],
    [],
    [NewMessage(role=Role.USER, content="x" * 700_000)] * 4,
    [NewMessage(role=Role.USER, content=str(number)) for number in range(450)],
]
FIRST: Final = "00000000-0000-0000-0000-000000000001"


async def write(url: str, owner: str) -> None:
    """Conversations as the service writes them; the first has open calls, the second is archived."""
    principal = Principal.agent(on_behalf_of=owner)
    async with Database.connect(DatabaseAddress.parse(url), PoolSettings(size=1)) as database:
        repository = PostgresConversationRepository(database)
        append = AppendMessages(repository, SettleReply(PostgresReplyLog(database)), NO_QUOTAS)
        for number, messages in enumerate(TRAFFIC, 1):
            place = ConversationId(UUID(int=number))
            metadata = make_metadata({"number": number, "large": 1e25, "é": {"b": 1, "a": 2}})
            title = "A title" if number == 3 else None
            new = NewConversation(id=place, title=title, metadata=metadata, append=None)
            await repository.create(OwnerId(owner), new, None)
            for start in range(0, len(messages), 100):
                await append(principal, place, messages[start : start + 100])
        archive = ConversationPatch(archived=True).decide(None)
        await repository.update(OwnerId(owner), ConversationId(UUID(int=2)), archive)


async def remove(url: str, owner: str, number: int, *seqs: int) -> None:
    """Remove messages of the conversation of this number."""
    async with Database.connect(DatabaseAddress.parse(url), PoolSettings(size=1)) as database:
        repository = PostgresConversationRepository(database)
        await repository.remove(OwnerId(owner), ConversationId(UUID(int=number)), Removal(seqs=seqs))


@pytest.fixture
def url(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database in which Ann and Bob have conversations of every kind."""
    asyncio.run(prepare(empty_database_url))
    for owner in ("ann", "bob"):
        asyncio.run(write(empty_database_url, owner))
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    return empty_database_url


@pytest.fixture
def exported(url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """What Ann had; it is erased."""
    assert rows(url, "ann")["messages"]
    file = tmp_path / "ann.ndjson"
    assert main(["export", "--user", "ann"]) == 0
    file.write_text(capfd.readouterr().out)
    assert main(["erase", "--user", "ann"]) == 0
    capfd.readouterr()
    return file


def rows(url: str, owner: str) -> dict[str, list[str]]:
    """All rows of the owner, to the byte."""
    return {table: [row[0] for row in execute(url, sql.format(owner=owner))] for table, sql in ROWS.items()}


def replace_line(file: Path, number: int, line: str) -> None:
    lines = file.read_text().split("\n")
    lines[number - 1] = line
    file.write_text("\n".join(lines))


def test_an_import_is_exempt_from_quotas(url: str, exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTA_USER_CONVERSATIONS", "1")
    monkeypatch.setenv("QUOTA_CONVERSATION_MESSAGES", "1")

    assert main(["import", "--user", "ann", str(exported)]) == 0

    assert len(rows(url, "ann")["conversations"]) == 5


def test_export_erase_import_gives_every_row_again(url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before, bobs = rows(url, "ann"), rows(url, "bob")
    first, second = tmp_path / "first", tmp_path / "second"

    assert main(["export", "--user", "ann"]) == 0
    first.write_text(capfd.readouterr().out)
    assert main(["erase", "--user", "ann"]) == 0
    assert rows(url, "ann") == {"conversations": [], "messages": []}
    capfd.readouterr()
    assert main(["import", "--user", "ann", str(first)]) == 0

    said = "5 conversation(s), 460 message(s) imported; 0 conversation(s) were there already\n"
    assert capfd.readouterr().out == said
    assert rows(url, "ann") == before
    assert rows(url, "bob") == bobs
    assert main(["export", "--user", "ann"]) == 0
    second.write_text(capfd.readouterr().out)
    assert first.read_bytes() == second.read_bytes()
    assert main(["fsck"]) == 0


def test_a_conversation_of_which_messages_were_removed_is_exported_and_imported(
    url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    asyncio.run(remove(url, "ann", 4, 2))
    asyncio.run(remove(url, "ann", 5, *range(1, 301), 450))
    asyncio.run(remove(url, "ann", 2, 1, 2))

    assert main(["fsck"]) == 0
    capfd.readouterr()
    assert main(["export", "--user", "ann"]) == 0
    first.write_text(capfd.readouterr().out)
    assert main(["erase", "--user", "ann"]) == 0
    capfd.readouterr()
    assert main(["import", "--user", "ann", str(first)]) == 0

    said = "5 conversation(s), 156 message(s) imported; 0 conversation(s) were there already\n"
    assert capfd.readouterr().out == said
    assert main(["export", "--user", "ann"]) == 0
    second.write_text(capfd.readouterr().out)
    assert first.read_bytes() == second.read_bytes()
    assert len(rows(url, "ann")["messages"]) == 460
    assert main(["fsck"]) == 0


def test_a_second_run_changes_nothing(url: str, exported: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "--user", "ann", str(exported)]) == 0
    once = rows(url, "ann")
    capfd.readouterr()

    assert main(["import", "--user", "ann", str(exported)]) == 0

    said = "0 conversation(s), 0 message(s) imported; 5 conversation(s) were there already\n"
    assert capfd.readouterr().out == said
    assert rows(url, "ann") == once


def test_new_ids_are_the_same_at_each_run_and_another_user_may_have_them_too(
    url: str, exported: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bobs = rows(url, "bob")
    for _ in range(2):
        assert main(["import", "--user", "bob", "--new-ids", str(exported)]) == 0

    after = rows(url, "bob")
    assert capfd.readouterr().out.count("0 conversation(s) were there already") == 1
    assert len(after["conversations"]) == 10
    assert len(after["messages"]) == 2 * 460
    assert all(set(bobs[table]) < set(after[table]) for table in ROWS)
    assert rows(url, "ann") == {"conversations": [], "messages": []}
    assert main(["fsck"]) == 0


@pytest.mark.parametrize(
    ("number", "change", "says"),
    [
        (1, {"version": 2}, "Line 1: the first line must be that of an export of version 1"),
        (2, {"title": 7}, "Line 2: title is not valid: Expected `str | null`, got `int`"),
        (4, {"role": "tool"}, "Line 4: name is not carried by tool messages"),
        (5, {"seq": 2}, "Line 5: seq must be above 2, that of the message before"),
        (467, {"messages": 459}, "Line 467: the end must count the lines before it: some are missing, or came twice"),
    ],
)
def test_a_malformed_line_is_named_and_nothing_is_imported(
    url: str, exported: Path, number: int, change: dict[str, Any], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    line = json.loads(exported.read_text().split("\n")[number - 1])
    replace_line(exported, number, json.dumps(line | change))

    assert main(["import", "--user", "ann", str(exported)]) == 1

    said = capfd.readouterr()
    assert (said.out, said.err) == ("", f"ai-agent: Nothing was imported. {says}\n")
    assert rows(url, "ann") == {"conversations": [], "messages": []}


def test_an_export_that_was_cut_off_is_refused(url: str, exported: Path, capfd: pytest.CaptureFixture[str]) -> None:
    exported.write_text(exported.read_text().rpartition('{"type":"end"')[0])

    assert main(["import", "--user", "ann", str(exported)]) == 1

    assert "Line 467: the line is missing: the export was cut off" in capfd.readouterr().err
    assert rows(url, "ann") == {"conversations": [], "messages": []}


def test_an_import_that_is_killed_leaves_nothing_and_may_be_run_again(url: str, exported: Path) -> None:
    fourth = (
        "INSERT INTO conversations SELECT 'ann', '00000000-0000-0000-0000-000000000004', NULL, false, '{}', 0, '{}', "
        "NULL, now(), now()"
    )
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with transaction(url, fourth):
        process = subprocess.Popen(
            [AI_AGENT, "import", "--user", "ann", exported], env=INHERITED | {"DATABASE_URL": url}
        )
        assert eventually(lambda: bool(execute(url, waiting)[0][0]))
        process.kill()
        process.wait(30)

    assert rows(url, "ann") == {"conversations": [], "messages": []}
    assert main(["import", "--user", "ann", str(exported)]) == 0
    assert len(rows(url, "ann")["messages"]) == 460


def test_a_pipe_can_be_read(url: str, exported: Path) -> None:
    with exported.open("rb") as file:
        done = subprocess.run(
            [AI_AGENT, "import", "--user", "ann", "/dev/stdin"],
            env=INHERITED | {"DATABASE_URL": url},
            stdin=file,
            check=False,
            timeout=50,
        )

    assert done.returncode == 0
    assert len(rows(url, "ann")["messages"]) == 460


@pytest.mark.parametrize(("name", "says"), [("none", "No such file or directory"), ("", "Is a directory")])
@pytest.mark.usefixtures("url")
def test_a_file_that_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, name: str, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name

    assert main(["import", "--user", "ann", str(file)]) == 1

    assert capfd.readouterr().err == f"ai-agent: Nothing was imported: {says}: {file}\n"


def test_an_export_of_chatgpts_is_imported_once(url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    message = {"author": {"role": "user"}, "content": {"parts": ["Rome?"]}, "create_time": 1700000000}
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([{"id": name, "mapping": {"a": {"message": message}}} for name in ("a", "b")]))

    for _ in range(2):
        assert main(["import", "--user", "carol", "--chatgpt", str(file)]) == 0

    assert capfd.readouterr().out == (
        "2 conversation(s), 2 message(s) imported; 0 conversation(s) were there already\n"
        "0 conversation(s), 0 message(s) imported; 2 conversation(s) were there already\n"
    )
    assert len(rows(url, "carol")["messages"]) == 2
    assert main(["fsck"]) == 0
