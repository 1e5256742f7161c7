"""fsck: it names each kind of damage in the stored data, and finds nothing in sound data."""

import asyncio
import re
from uuid import UUID

import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.consistency_reader import PostgresConsistencyReader
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.reply_log import PostgresReplyLog
from application.append_messages import AppendMessages
from application.check_consistency import CheckConsistency
from application.settle_reply import SettleReply
from domain.append import decide_append
from domain.consistency import Finding
from domain.conversation import NewConversation
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import NewMessage
from domain.principal import Principal
from domain.quotas import NO_QUOTAS
from domain.roles import Caller, Role
from entrypoints.cli.main import main
from tests.support.databases import prepare
from tests.support.postgres import execute

ANN = OwnerId("ann")
TEXTS, TOOLS, OPEN, EMPTY = (ConversationId(UUID(int=number)) for number in (1, 2, 3, 4))
READ_ONLY = """
    DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database());
    END $$
"""
LOST = "conv_00000000000000000000000000000009"


def user() -> NewMessage:
    return NewMessage(role=Role.USER, content="a secret")


def assistant(*call_ids: str) -> NewMessage:
    calls = [{"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}} for name in call_ids]
    return NewMessage(role=Role.ASSISTANT, content="a secret", tool_calls=calls)


def tool(call_id: str) -> NewMessage:
    return NewMessage(role=Role.TOOL, tool_call_id=call_id, content="a secret")


TRAFFIC = {
    TEXTS: [user(), assistant(), user(), assistant()],
    TOOLS: [user(), assistant("a", "b"), tool("b"), tool("a"), assistant(), user()],
    OPEN: [user(), assistant("a"), user(), assistant("c", "b", "a"), tool("a")],  # 5: b and c are open
    EMPTY: [],
}


async def write_traffic(url: str, owner_id: OwnerId = ANN) -> None:
    """Conversations as the service writes them, with a key each; one more was deleted, and its key stays."""
    async with Database.connect(DatabaseAddress.parse(url), PoolSettings(size=1)) as database:
        repository = PostgresConversationRepository(database)
        append = AppendMessages(repository, SettleReply(PostgresReplyLog(database)), NO_QUOTAS)
        agent = Principal(owner_id=owner_id, caller=Caller.AGENT)
        gone = ConversationId(UUID(int=9))
        for conversation_id, messages in (TRAFFIC | {gone: [user()]}).items():
            new = NewConversation(id=conversation_id, title=None, metadata=EMPTY_OBJECT, append=None)
            await repository.create(owner_id, new, key(f"create-{conversation_id.hex}"))
            for number, message in enumerate(messages):
                await append(agent, conversation_id, [message], key=key(f"{conversation_id.hex}-{number}"))
        await repository.delete(owner_id, gone)


def key(name: str) -> IdempotencyKey:
    return IdempotencyKey(key=name, fingerprint=b"f")


@pytest.fixture
def url(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of its own with what Ann and Bob wrote; its role may do anything to it."""
    asyncio.run(prepare(empty_database_url))
    for owner in (ANN, OwnerId("bob")):
        asyncio.run(write_traffic(empty_database_url, owner))
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    return empty_database_url


def fsck(capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    code = main(["fsck"])
    said = capsys.readouterr()
    assert said.err == ""
    return code, said.out.splitlines()


def test_what_the_service_wrote_is_sound(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    execute(url, READ_ONLY)

    assert fsck(capsys) == (0, ["checked 2 owners, 8 conversations, 30 messages: 0 finding(s)"])


def of_ann(conversation_id: ConversationId) -> str:
    return f"owner_id = 'ann' AND conversation_id = '{conversation_id}'"


def change(conversation_id: ConversationId, assignment: str) -> str:
    return f"UPDATE conversations SET {assignment} WHERE owner_id = 'ann' AND id = '{conversation_id}'"  # noqa: S608 - constants


def change_message(conversation_id: ConversationId, seq: int, assignment: str | None) -> str:
    """Set a column, or delete the message."""
    action = f"UPDATE messages SET {assignment}" if assignment else "DELETE FROM messages"  # noqa: S608 - constants
    return f"{action} WHERE {of_ann(conversation_id)} AND seq = {seq}"


def copy_message(conversation_id: str, owner: str, seq: int) -> str:
    return f"""
        INSERT INTO messages
        SELECT '{owner}', '{conversation_id}', {seq}, role, content, tool_calls, tool_call_id, name, item, status,
            metadata, created_at
        FROM messages WHERE {of_ann(TEXTS)} AND seq = 4
    """  # noqa: S608 - constants


def put_key(owner: str, conversation_id: ConversationId, first: int, last: int) -> str:
    values = f"'{owner}', 'planted', '', '{conversation_id}', {first}, {last}, now()"
    return f"INSERT INTO idempotency_keys VALUES ({values})"  # noqa: S608 - constants


def line(kind: str, conversation_id: ConversationId, numbers: str) -> str:
    return f"{kind} owner='ann' conv_{conversation_id.hex} {numbers}"


NO_FOREIGN_KEY = "ALTER TABLE messages DROP CONSTRAINT fk_messages_conversations"
NO_SEQ_CHECK = "ALTER TABLE messages DROP CONSTRAINT ck_messages_seq_counts"
NO_OWNER_CHECK = "ALTER TABLE conversations DROP CONSTRAINT ck_conversations_owner_is_named"
LOST_ID = str(UUID(int=9))

DAMAGES = {
    "last_seq too high": ([change(TEXTS, "last_seq = 5")], line("seqs", TEXTS, "last_seq=5 messages=4 first=1 last=4")),
    "a message after last_seq": (
        [copy_message(str(TEXTS), "ann", 5)],
        line("seqs", TEXTS, "last_seq=4 messages=5 first=1 last=5"),
    ),
    "a message in an empty conversation": (
        [copy_message(str(EMPTY), "ann", 1), change(EMPTY, "updated_at = now()")],
        line("seqs", EMPTY, "last_seq=0 messages=1 first=1 last=1"),
    ),
    "a gap": (
        [change_message(TEXTS, 2, None)],
        line("seqs", TEXTS, "last_seq=4 messages=3 first=1 last=4"),
    ),
    "a gap, the count right": (
        [change_message(TEXTS, 3, "seq = 5")],
        line("seqs", TEXTS, "last_seq=4 messages=4 first=1 last=5"),
    ),
    "a seq below 1, the count right": (
        [NO_SEQ_CHECK, change_message(TEXTS, 3, "seq = 0")],
        line("seqs", TEXTS, "last_seq=4 messages=4 first=0 last=4"),
    ),
    "messages without a conversation": (
        [NO_FOREIGN_KEY, "DELETE FROM conversations WHERE owner_id = 'ann' AND id::text LIKE '%1'"],
        line("stray_messages", TEXTS, "messages=4"),
    ),
    "messages of one who has nothing else": (
        [NO_FOREIGN_KEY, copy_message(LOST_ID, "carol", 7)],
        f"stray_messages owner='carol' {LOST} messages=1",
    ),
    "a conversation of nobody": (
        [NO_OWNER_CHECK, "UPDATE conversations SET owner_id = '' WHERE owner_id = 'ann' AND last_seq = 0"],
        "empty_owner owner='' conversations=1",
    ),
    "messages of nobody": (
        [NO_FOREIGN_KEY, copy_message(LOST_ID, "", 1), copy_message(LOST_ID, "", 2)],
        "empty_owner owner='' messages=2",
    ),
    "a key of nobody": ([put_key("", TEXTS, 1, 1)], "empty_owner owner='' idempotency_keys=1"),
    "a key past the end": (
        [put_key("ann", TEXTS, 4, 5)],
        line("key", TEXTS, "first_seq=4 last_seq=5 conversation_last_seq=4"),
    ),
    "a key before the beginning": (
        [put_key("ann", TEXTS, 0, 2)],
        line("key", TEXTS, "first_seq=0 last_seq=2 conversation_last_seq=4"),
    ),
    "a key the wrong way round": (
        [put_key("ann", TEXTS, 4, 2)],
        line("key", TEXTS, "first_seq=4 last_seq=2 conversation_last_seq=4"),
    ),
    "a key the wrong way round, its conversation gone": (
        [put_key("ann", ConversationId(UUID(int=9)), 4, 2)],
        f"key owner='ann' {LOST} first_seq=4 last_seq=2",
    ),
    "an open call forgotten": (
        [change(OPEN, "open_tool_calls = '{b}'")],
        line("open_calls", OPEN, "open=1 missing=1 too_many=0"),
    ),
    "all open calls forgotten": (
        [change(OPEN, "open_tool_calls = '{}'")],
        line("open_calls", OPEN, "open=0 missing=2 too_many=0"),
    ),
    "an open call too many": (
        [change(TEXTS, "open_tool_calls = '{x}'")],
        line("open_calls", TEXTS, "open=1 missing=0 too_many=1"),
    ),
    "an open call in a conversation without a message": (
        [change(EMPTY, "open_tool_calls = '{x}'")],
        line("open_calls", EMPTY, "open=1 missing=0 too_many=1"),
    ),
    "open calls in an order that no write compares equal": (
        [change(OPEN, "open_tool_calls = '{c,b}'")],
        line("open_calls", OPEN, "open=2 missing=0 too_many=0"),
    ),
    "an answer to no call": (
        [change_message(OPEN, 5, "tool_call_id = 'x'")],
        line("open_calls", OPEN, "impossible_at=5 open=2 missing=1 too_many=0"),
    ),
    "updated before the newest message": (
        [change(TEXTS, "updated_at = updated_at - interval '2 seconds'")],
        line("updated_at", TEXTS, "microseconds=2000000"),
    ),
    "a message in progress without a reply": (
        [change_message(TEXTS, 4, "status = 'in_progress'")],
        line("reply", TEXTS, "reply_seq=0 in_progress=1 in_progress_seq=4"),
    ),
    "a reply that runs without a message in progress": (
        [change(TEXTS, "reply_seq = 4")],
        line("reply", TEXTS, "reply_seq=4 in_progress=0 in_progress_seq=0"),
    ),
    "a message in progress that is not the last": (
        [change(TEXTS, "reply_seq = 3"), change_message(TEXTS, 3, "status = 'in_progress'")],
        line("reply", TEXTS, "reply_seq=3 in_progress=1 in_progress_seq=3"),
    ),
    "a removed message that still says something": (
        [
            change_message(TEXTS, 2, "removed_at = now()"),
            change_message(TEXTS, 3, "removed_at = now(), content = NULL"),
        ],
        line("removed", TEXTS, "messages=1"),
    ),
    "a reply that begins after its end": (
        [change(TEXTS, "reply_seq = 5"), change_message(TEXTS, 4, "status = 'in_progress'")],
        line("reply", TEXTS, "reply_seq=5 in_progress=1 in_progress_seq=4"),
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_found_and_nothing_else(url: str, damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    statements, expected = DAMAGES[damage]
    execute(url, *statements)

    code, printed = fsck(capsys)

    assert (code, printed[:-1]) == (3, [expected])
    assert re.fullmatch(r"checked [23] owners, \d conversations, \d+ messages: 1 finding\(s\)", printed[-1])


def test_it_says_in_one_line_why_it_could_not_run(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    execute(url, "DROP TABLE idempotency_keys")

    assert main(["fsck"]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"ai-agent: The database can't be checked: .*\n", said.err)


async def test_it_finds_nothing_beside_those_who_append(empty_database_url: str) -> None:
    await prepare(empty_database_url)
    await write_traffic(empty_database_url)
    finished = asyncio.Event()
    rounds = 0

    async def converse(owner_id: OwnerId, number: int) -> None:
        nonlocal rounds
        turn = [user(), assistant("a", "b"), tool("a"), assistant(), tool("b")]
        while not finished.is_set():
            new_id = ConversationId(UUID(int=100 + rounds * 10 + number))
            opening = NewConversation(
                id=new_id, title=None, metadata=EMPTY_OBJECT, append=decide_append([user()], None)
            )
            await repository.create(owner_id, opening, key(f"{number}-{rounds}"))
            agent = Principal(owner_id=owner_id, caller=Caller.AGENT)
            for message in turn:
                await append(agent, new_id, [message], key=key(f"{number}-{rounds}-{message.role}-{id(message)}"))
                await append(agent, TEXTS, [assistant()])
            if number % 2:
                await repository.delete(owner_id, new_id)
            rounds += 1

    found: list[Finding] = []
    async with Database.connect(DatabaseAddress.parse(empty_database_url), PoolSettings(size=7)) as database:
        repository = PostgresConversationRepository(database)
        append = AppendMessages(repository, SettleReply(PostgresReplyLog(database)), NO_QUOTAS)
        check = CheckConsistency(PostgresConsistencyReader(database, page_size=25))
        async with asyncio.TaskGroup() as group:
            for number in range(6):
                group.create_task(converse(ANN, number))
            for _ in range(8):
                before = rounds
                while rounds < before + 3:  # noqa: ASYNC110 - until they went on
                    await asyncio.sleep(0.001)
                await check(found.append)
            finished.set()
        totals = await check(found.append)

    assert found == []
    assert totals.conversations > 4
