"""Purging orphans, as an operator does it: the real command on a real database."""

import asyncio
import json
import re
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from adapters.postgres import owner_data
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.migrating import migrate
from domain.append import decide_append
from domain.conversation import NewConversation
from domain.errors import ConversationNotFoundError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import NewMessage
from domain.roles import Role
from entrypoints.cli.main import main
from entrypoints.container.jobs import purge_orphans
from entrypoints.container.operations import OperationError
from entrypoints.settings import Settings
from tests.support.activity import until_sessions
from tests.support.better_auth_server import BetterAuthClient, BetterAuthServer
from tests.support.commands import AI_AGENT, INHERITED
from tests.support.databases import prepare
from tests.support.service import SECRET

type Connection = asyncpg.Connection[asyncpg.Record]
type Rows = dict[str, Counter[str]]

SAID = decide_append([NewMessage(role=Role.USER, content="Hello")] * 2, None)
TABLES = ("conversations", "messages", "idempotency_keys")
ADD_USER = """INSERT INTO "user" (id, name, email, "emailVerified") VALUES ($1, $1, $1, true)"""
WAITS = "wait_event_type = 'Lock'"


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(**DatabaseAddress.parse(url).arguments)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[PostgresConversationRepository]:
    async with Database.connect(
        DatabaseAddress.parse(url), PoolSettings(size=1, command_timeout=50, lock_timeout=50)
    ) as database:
        yield PostgresConversationRepository(database)


@pytest.fixture
async def url(empty_database_url: str) -> str:
    """A migrated database with better-auth's tables; Bob and Eve are users and have three conversations each."""
    await prepare(empty_database_url)
    async with connected(empty_database_url) as connection:
        for user in ("bob", "eve"):
            await connection.execute(ADD_USER, user)
    await keep(empty_database_url, "bob", "eve", conversations=3)
    return empty_database_url


async def keep(url: str, *owners: str, conversations: int) -> None:
    """Write conversations from 1 on, of two messages each, under keys from 1 on."""
    async with opened(url) as repository:
        for owner in owners:
            for number in range(1, conversations + 1):
                new = NewConversation(id=conversation(number), title=None, metadata=EMPTY_OBJECT, append=SAID)
                await repository.create(OwnerId(owner), new, key(str(number)))


def conversation(number: int) -> ConversationId:
    return ConversationId(UUID(int=number))


def key(name: str) -> IdempotencyKey:
    return IdempotencyKey(key=name, fingerprint=b"f")


async def kept(url: str) -> Rows:
    """How many rows each owner has in each table."""
    return {table: Counter(rows) for table, rows in (await columns(url, "owner_id")).items()}


async def all_rows(url: str) -> dict[str, list[str]]:
    """Everything that is kept, to the letter."""
    return await columns(url, "kept::text")


async def columns(url: str, column: str) -> dict[str, list[str]]:
    """One column of each table, sorted."""
    async with connected(url) as connection:
        queries = {table: f"SELECT {column} FROM {table} AS kept ORDER BY 1" for table in TABLES}  # noqa: S608 - constants
        return {table: [row[0] for row in await connection.fetch(sql)] for table, sql in queries.items()}


async def start(url: str, *options: str) -> Process:
    environment = INHERITED | {"DATABASE_URL": url}
    return await asyncio.create_subprocess_exec(
        AI_AGENT, "purge-orphans", *options, env=environment, stdout=PIPE, stderr=PIPE
    )


async def ended(process: Process) -> tuple[int | None, str, str]:
    """Exit code, output and errors."""
    async with asyncio.timeout(40):
        output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def purge(url: str, *options: str) -> tuple[int | None, str, str]:
    return await ended(await start(url, *options))


async def test_a_dry_run_counts_and_changes_nothing(url: str) -> None:
    await keep(url, "ann", "carol", conversations=2)
    before = await all_rows(url)

    silent = await purge(url)
    verbose = await purge(url, "--verbose")

    total = "2 owner(s) without a user, 4 conversation(s), 8 message(s): nothing was deleted, --delete does it\n"
    each = "ann: 2 conversation(s), 4 message(s)\ncarol: 2 conversation(s), 4 message(s)\n"
    assert silent == (0, total, "")
    assert verbose == (0, each + total, "")
    assert await all_rows(url) == before


async def test_delete_takes_all_that_is_the_orphans_and_nobody_elses(url: str) -> None:
    users = await all_rows(url)
    await keep(url, "ann", "carol", conversations=3)
    async with opened(url) as repository:
        await repository.delete(OwnerId("carol"), conversation(1))  # her key stays

    deleted = await purge(url, "--delete")
    again = await purge(url, "--delete", "--verbose")

    assert deleted == (0, "2 owner(s) without a user, 5 conversation(s), 10 message(s): deleted\n", "")
    assert again == (0, "0 owner(s) without a user, 0 conversation(s), 0 message(s): deleted\n", "")
    assert await all_rows(url) == users


async def test_killed_in_the_middle_it_goes_on_at_the_next_start(url: str) -> None:
    users = await all_rows(url)
    await keep(url, "ann", "carol", conversations=5)
    async with connected(url) as connection, connection.transaction():
        third = "SELECT FROM conversations WHERE owner_id = 'ann' AND id = $1 FOR UPDATE"
        await connection.execute(third, conversation(3))
        process = await start(url, "--delete", "--batch-size", "1")
        await until_sessions(url, WAITS)

        process.kill()
        await ended(process)

        left = await kept(url)
    finished = await purge(url, "--delete", "--batch-size", "2")

    assert (left["conversations"]["ann"], left["messages"]["ann"], left["idempotency_keys"]["ann"]) == (3, 6, 5)
    assert left["conversations"]["carol"] == 5
    assert finished[0] == 0
    assert await all_rows(url) == users


async def test_a_connection_that_breaks_in_the_middle_ends_it_with_one_line(url: str) -> None:
    users = await all_rows(url)
    await keep(url, "ann", conversations=2)
    async with connected(url) as connection, connection.transaction():
        await connection.execute("SELECT FROM conversations WHERE owner_id = 'ann' FOR UPDATE")
        process = await start(url, "--delete")
        await until_sessions(url, WAITS)

        waiting = f"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND {WAITS}"  # noqa: S608 - constants
        await connection.execute(f"SELECT pg_terminate_backend(pid) FROM ({waiting}) AS sessions")  # noqa: S608 - as above

        code, output, errors = await ended(process)
    assert (code, output) == (1, "")
    assert re.fullmatch(r"ai-agent: Orphans can't be purged: .*\n", errors)
    assert (await purge(url, "--delete"))[0] == 0
    assert await all_rows(url) == users


async def test_two_at_once_share_the_work(url: str) -> None:
    users = await all_rows(url)
    await keep(url, "ann", "carol", conversations=40)

    both = await asyncio.gather(*(purge(url, "--delete", "--batch-size", "3") for _ in range(2)))

    assert [code for code, _, _ in both] == [0, 0]
    counts = [re.findall(r"\d+", output) for _, output, _ in both]
    assert [sum(map(int, column)) for column in list(zip(*counts, strict=True))[1:]] == [80, 160]
    assert await all_rows(url) == users


async def test_an_append_that_came_first_is_waited_for_and_deleted_with_its_key(url: str) -> None:
    users = await all_rows(url)
    await keep(url, "ann", conversations=1)
    same_key = "INSERT INTO idempotency_keys VALUES ('ann', 'late', '', gen_random_uuid(), 1, 1, now())"
    async with connected(url) as connection, opened(url) as repository:
        stalling = connection.transaction()
        await stalling.start()
        await connection.execute(same_key)
        append = asyncio.create_task(repository.append(OwnerId("ann"), conversation(1), SAID, key("late")))
        await until_sessions(url, WAITS)
        process = await start(url, "--delete")
        await until_sessions(url, WAITS, 2)

        await stalling.rollback()

        assert len(await append) == 2
        assert await ended(process) == (0, "1 owner(s) without a user, 1 conversation(s), 4 message(s): deleted\n", "")
    assert await all_rows(url) == users


async def test_an_append_that_comes_second_finds_nothing_and_leaves_nothing(url: str) -> None:
    users = await all_rows(url)
    await keep(url, "ann", conversations=1)
    async with connected(url) as connection, opened(url) as repository:
        deleting = connection.transaction()
        await deleting.start()
        delete = owner_data.DELETE_CONVERSATIONS
        await connection.fetch(delete.sql, *delete.arguments({"owner_id": "ann", "limit": 10}))
        append = asyncio.create_task(repository.append(OwnerId("ann"), conversation(1), SAID, key("late")))
        await until_sessions(url, WAITS)

        await deleting.commit()

        with pytest.raises(ConversationNotFoundError):
            await append
    assert (await purge(url, "--delete"))[0] == 0
    assert await all_rows(url) == users


async def test_owners_are_found_without_reading_what_they_have(url: str) -> None:
    many = """
        INSERT INTO conversations
        SELECT 'ann', gen_random_uuid(), NULL, false, '{}', 0, '{}', NULL, now(), now() FROM generate_series(1, 10000)
    """
    async with connected(url) as connection:
        await connection.execute(many)
        await connection.execute("VACUUM ANALYZE conversations")

        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {owner_data.OWNERS.sql}"
        plan = await connection.fetchval(explain, *owner_data.OWNERS.arguments({"after": "", "limit": 500}))

    assert rows_read(json.loads(plan)[0]["Plan"], "conversations") < 5


def rows_read(node: dict[str, Any], table: str) -> float:
    """How many rows a plan and its parts took from a table."""
    own = node["Actual Rows"] * node["Actual Loops"] if node.get("Relation Name") == table else 0
    return float(own + sum(rows_read(one, table) for one in node.get("Plans", ())))


async def test_more_than_half_of_the_owners_are_deleted_only_if_it_is_told_so(url: str) -> None:
    users = await all_rows(url)
    await keep(url, "ann", "carol", "dave", conversations=1)
    before = await all_rows(url)

    refused = await purge(url, "--delete")
    after_refusal = await all_rows(url)
    told = await purge(url, "--delete", "--largest-share", "60")

    why = "3 of 5 owners are no users; is this the right database, and user table?"
    assert refused == (1, "", f"ai-agent: Orphans can't be purged: {why} --largest-share 60 deletes them.\n")
    assert after_refusal == before
    assert told == (0, "3 owner(s) without a user, 3 conversation(s), 6 message(s): deleted\n", "")
    assert await all_rows(url) == users


async def test_an_empty_user_table_is_refused_in_one_line(url: str) -> None:
    await keep(url, "ann", conversations=1)
    before = await all_rows(url)
    async with connected(url) as connection:
        await connection.execute('DELETE FROM "user"')

    refused = await purge(url, "--delete")

    says = "ai-agent: Orphans can't be purged: there is not one user; is this the right database, and user table?\n"
    assert refused == (1, "", says)
    assert await all_rows(url) == before


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ('DROP TABLE "user" CASCADE', "user table is missing"),
        ("DROP TABLE ai_agent_revision", "run ai-agent migrate"),
        ("DROP TABLE idempotency_keys", 'relation "idempotency_keys" does not exist'),
    ],
)
async def test_a_database_that_is_not_right_is_refused(url: str, damage: str, says: str) -> None:
    async with connected(url) as connection:
        await connection.execute(damage)

    with pytest.raises(OperationError, match=says) as raised:
        await purge_orphans(
            Settings(database_url=url), delete=True, batch_size=10, largest_share=50, report=lambda *_: None
        )

    assert "\n" not in str(raised.value)


async def test_a_database_that_is_away_is_said_without_its_secrets() -> None:
    settings = Settings(database_url="postgresql://ann:secret@127.0.0.1:1/y")

    with pytest.raises(OperationError, match=r"Orphans can't be purged: .*Connect call failed") as raised:
        await purge_orphans(settings, delete=True, batch_size=10, largest_share=50, report=lambda *_: None)

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("size", ["0", "10001", "x"])
def test_a_wrong_batch_size_explains_itself(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["purge-orphans", "--batch-size", size]) == 2

    assert "--batch-size" in capsys.readouterr().err


async def test_better_auth_deletes_its_user_undisturbed_and_the_purge_takes_what_is_left(
    empty_database_url: str,
) -> None:
    await migrate(DatabaseAddress.parse(empty_database_url))
    with (
        BetterAuthServer(database_url=empty_database_url, secret=SECRET) as server,
        BetterAuthClient(server.address) as client,
    ):
        ann = client.sign_up("ann@example.test")
        bob = client.sign_up("bob@example.test")
        await keep(empty_database_url, ann.user_id, bob.user_id, conversations=2)

        client.delete_user(ann)

    async with connected(empty_database_url) as connection:
        users = [row["id"] for row in await connection.fetch('SELECT id FROM "user"')]
    left = await kept(empty_database_url)
    assert users == [bob.user_id]
    assert left["messages"] == {ann.user_id: 4, bob.user_id: 4}

    assert (await purge(empty_database_url, "--delete"))[0] == 0
    assert await kept(empty_database_url) == {
        "conversations": {bob.user_id: 2},
        "messages": {bob.user_id: 4},
        "idempotency_keys": {bob.user_id: 2},
    }
