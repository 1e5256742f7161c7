"""The connection pool, while requests are cancelled and connections are cut or closed."""

import asyncio
import random
import secrets
import time
from typing import Any, override
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import text

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.compiling import Statement
from adapters.postgres.consistency_reader import PostgresConsistencyReader
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.migrating import migrate
from adapters.postgres.observer import Observer
from adapters.postgres.owner_data import PostgresOwnerDataRepository
from adapters.postgres.readiness import PostgresReadiness
from adapters.postgres.transactions import open_transaction
from domain.conversation import NewConversation
from domain.errors import OwnerBusyError, UnavailableError
from domain.idempotency import IdempotencyKey
from domain.identifiers import OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.pages import ConversationWindow, MessageWindow
from tests.support.activity import until_sessions
from tests.support.conversations import SAID, new_conversation
from tests.support.fakes.others import CountingConversationIds

OWNS = "datname = current_database() AND application_name = 'ai-agent-pool-test' AND pid <> pg_backend_pid()"
WAITS_FOR_LOCK = "application_name = 'ai-agent-pool-test' AND wait_event_type = 'Lock'"
REFUSED_BY_A_NODE = """
    DO $$ BEGIN
        RAISE EXCEPTION 'duplicate key value violates unique constraint "pk_idempotency_keys_7"'
        USING ERRCODE = 'internal_error';
    END $$
"""
"""What Citus says of a key that is taken."""


async def terminate(database_url: str) -> None:
    """End every connection of the test's pool, from outside."""
    other = await asyncpg.connect(**DatabaseAddress.parse(database_url).arguments)
    await other.fetch(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OWNS}")  # noqa: S608 - constants
    await other.close()


async def test_a_write_that_has_begun_is_finished_though_its_caller_is_cancelled(database: Database) -> None:
    repository = PostgresConversationRepository(database)
    owner, conversation_id = await new_conversation(repository)

    append = asyncio.create_task(repository.append(owner, conversation_id, SAID, None))
    await asyncio.sleep(0)  # it begins
    append.cancel()
    with pytest.raises(asyncio.CancelledError):
        await append

    await asyncio.gather(*database._unfinished)
    assert (await repository.conversation(owner, conversation_id)).last_seq == 1


async def test_writes_that_have_begun_are_finished_before_the_pool_closes(
    database: Database, named_address: DatabaseAddress
) -> None:
    owner, conversation_id = await new_conversation(PostgresConversationRepository(database))

    async with Database.connect(named_address, PoolSettings(size=2)) as closing:
        append = asyncio.create_task(PostgresConversationRepository(closing).append(owner, conversation_id, SAID, None))
        await asyncio.sleep(0)
        append.cancel()

    assert (await PostgresConversationRepository(database).conversation(owner, conversation_id)).last_seq == 1


async def test_300_cancels_at_any_moment_leave_the_pool_whole_and_nothing_half_done(
    database: Database, named_address: DatabaseAddress, database_url: str
) -> None:
    seed = secrets.randbits(32)
    moments = random.Random(seed)  # noqa: S311 - no secret
    owner, conversation_id = await new_conversation(PostgresConversationRepository(database))

    async with Database.connect(named_address, PoolSettings(size=3)) as pool:
        repository = PostgresConversationRepository(pool)
        for number in range(300):
            call = (
                repository.append(owner, conversation_id, SAID, None)
                if number % 2
                else repository.messages(owner, conversation_id, MessageWindow())
            )
            task = asyncio.create_task(call)
            await asyncio.sleep(0)  # it has begun
            end = time.perf_counter() + moments.uniform(0, 0.002)
            while time.perf_counter() < end:  # noqa: ASYNC110 - a sleep of this length would last for milliseconds
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await repository.conversation(owner, conversation_id)  # behind what goes on after its cancel
        await asyncio.wait_for(
            asyncio.gather(*(repository.conversation(owner, conversation_id) for _ in range(9))), timeout=20
        )
        other = await asyncpg.connect(**DatabaseAddress.parse(database_url).arguments)
        states = await other.fetch(f"SELECT state FROM pg_stat_activity WHERE {OWNS}")  # noqa: S608 - constants
        await other.close()
        page = await repository.messages(owner, conversation_id, MessageWindow(limit=200))

    assert {row["state"] for row in states} <= {"idle", "active"}, f"seed {seed}"
    assert page.conversation.last_seq == 150, f"seed {seed}"
    assert [message.seq for message in page.messages] == list(range(1, 151)), f"seed {seed}"


async def test_a_read_that_meets_a_dead_connection_is_tried_on_another(
    database: Database, named_address: DatabaseAddress, database_url: str
) -> None:
    owner, conversation_id = await new_conversation(PostgresConversationRepository(database))

    async with Database.connect(named_address, PoolSettings(size=1)) as pool:
        repository = PostgresConversationRepository(pool)
        for _ in range(10):
            sleeping = asyncio.create_task(pool.fetch("SELECT pg_sleep(0.05)", ()))
            await asyncio.sleep(0.02)
            await terminate(database_url)
            await sleeping
            assert (await repository.conversation(owner, conversation_id)).last_seq == 0


@pytest.mark.parametrize("has_key", [True, False])
async def test_a_write_that_loses_its_connection_is_repeated_only_under_a_key(
    database: Database, named_address: DatabaseAddress, database_url: str, *, has_key: bool
) -> None:
    owner, conversation_id = await new_conversation(PostgresConversationRepository(database))
    key = IdempotencyKey(key=secrets.token_hex(8), fingerprint=b"f") if has_key else None
    blocker = await asyncpg.connect(**DatabaseAddress.parse(database_url).arguments)
    transaction = blocker.transaction()
    await transaction.start()
    await blocker.fetch("SELECT FROM conversations WHERE owner_id = $1 FOR UPDATE", owner)

    async with Database.connect(named_address, PoolSettings(size=2)) as pool:
        append = asyncio.create_task(PostgresConversationRepository(pool).append(owner, conversation_id, SAID, key))
        await until_sessions(database_url, WAITS_FOR_LOCK)
        await terminate(database_url)
        await transaction.rollback()
        if has_key:
            assert [message.seq for message in await append] == [1]
        else:
            with pytest.raises(UnavailableError):
                await append
    await blocker.close()

    kept = await PostgresConversationRepository(database).conversation(owner, conversation_id)
    assert kept.last_seq == (1 if has_key else 0)


async def test_an_argument_that_cannot_be_encoded_is_a_defect_and_not_an_outage(database: Database) -> None:
    with pytest.raises(asyncpg.DataError):
        await database.fetch("SELECT $1::bigint", ("text",))


@pytest.mark.parametrize(
    "code",
    [
        *("40001", "40P01", "53100", "53300", "55P03", "57014", "58030", "XX000"),
        *("0A000", "25P02", "26000", "28000", "54001", "55006", "P0001", "ZZ123"),
    ],
)
async def test_what_the_database_says_of_itself_is_an_outage(database: Database, code: str) -> None:
    with pytest.raises(UnavailableError):
        await database.fetch(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$", ())


@pytest.mark.parametrize("code", ["22003", "23505", "42501", "42P01"])
async def test_what_the_database_says_of_a_statement_is_passed_on(database: Database, code: str) -> None:
    with pytest.raises(asyncpg.PostgresError) as raised:
        await database.fetch(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$", ())

    assert raised.value.sqlstate == code


async def test_a_database_without_our_tables_is_an_outage_and_not_a_defect(empty_database_url: str) -> None:
    ann = OwnerId("ann")
    key = IdempotencyKey(key="k", fingerprint=b"f")
    new = NewConversation(id=CountingConversationIds().next(), title=None, metadata=EMPTY_OBJECT, append=None)

    async with Database.connect(DatabaseAddress.parse(empty_database_url), PoolSettings(size=1)) as pool:
        repository, data = PostgresConversationRepository(pool), PostgresOwnerDataRepository(pool)
        for call in (
            repository.create(ann, new, key),
            repository.append(ann, new.id, SAID, None),
            repository.conversation(ann, new.id),
            repository.conversations(ann, ConversationWindow()),
            repository.delete(ann, new.id),
            data.owners(None, 1),
            data.holdings(ann),
            data.delete_conversations(ann, 1),
            data.delete_keys(ann, 1),
            PostgresConsistencyReader(pool).rows_of_nobody(),
        ):
            with pytest.raises(UnavailableError) as raised:
                await call
            assert isinstance(raised.value.__cause__, asyncpg.UndefinedTableError)


async def test_a_write_that_was_refused_before_it_ran_is_repeated_without_a_key(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while tables are altered: asyncpg itself has tried it once more by then."""
    repository = PostgresConversationRepository(database)
    owner, conversation_id = await new_conversation(repository)
    attempt = Database._attempt
    failures = [asyncpg.InvalidCachedStatementError("cached plan must not change result type")]

    async def attempt_later(*arguments: Any) -> list[asyncpg.Record]:
        if failures:
            raise failures.pop()
        return await attempt(*arguments)

    monkeypatch.setattr(Database, "_attempt", attempt_later)

    assert [message.seq for message in await repository.append(owner, conversation_id, SAID, None)] == [1]


async def test_whatever_the_database_says_to_who_connects_is_an_outage(empty_database_url: str) -> None:
    address = DatabaseAddress.parse(empty_database_url)
    name = address.arguments["database"]
    refused = DatabaseAddress({**address.arguments, "server_settings": {"no_such_setting": "on"}})
    missing = DatabaseAddress({**address.arguments, "database": f"{name}_before_it_is_restored"})

    for one in (refused, missing):
        async with Database.connect(one, PoolSettings(size=1)) as pool:
            for _ in range(2):  # its place is free again
                with pytest.raises(UnavailableError):
                    await pool.fetch("SELECT 1", ())


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
async def test_writers_at_once_all_succeed_whatever_isolation_the_database_has(
    empty_database_url: str, isolation: str
) -> None:
    address = DatabaseAddress.parse(empty_database_url)
    other = await asyncpg.connect(**address.arguments)
    await other.execute(
        f"ALTER DATABASE {address.arguments['database']} SET default_transaction_isolation = '{isolation}'"
    )
    await other.close()
    await asyncio.gather(*(migrate(address) for _ in range(3)))

    async with Database.connect(address, PoolSettings(size=8, acquire_timeout=10)) as pool:
        repository = PostgresConversationRepository(pool)
        owner, conversation_id = await new_conversation(repository)
        await asyncio.gather(*(repository.append(owner, conversation_id, SAID, None) for _ in range(32)))
        conversation = await repository.conversation(owner, conversation_id)
        await PostgresReadiness(pool).check()

    assert conversation.last_seq == 32


async def test_a_full_pool_is_an_outage_within_its_deadline(named_address: DatabaseAddress) -> None:
    async with Database.connect(named_address, PoolSettings(size=1, acquire_timeout=0.1)) as pool:
        sleeping = asyncio.create_task(pool.fetch("SELECT pg_sleep(1)", ()))
        await asyncio.sleep(0.05)

        with pytest.raises(UnavailableError):
            await pool.fetch("SELECT 1", ())

        await sleeping


async def test_every_connection_serves_while_others_wait(named_address: DatabaseAddress, database_url: str) -> None:
    lock = secrets.randbits(62)
    other = await asyncpg.connect(**DatabaseAddress.parse(database_url).arguments)
    await other.fetch("SELECT pg_advisory_lock($1)", lock)
    settings = PoolSettings(size=3, acquire_timeout=0.1, lock_timeout=20)

    async with Database.connect(named_address, settings) as pool:
        waiting = [asyncio.create_task(pool.fetch("SELECT pg_advisory_lock_shared($1)", (lock,))) for _ in range(2)]
        await until_sessions(database_url, WAITS_FOR_LOCK)
        rows = await pool.fetch("SELECT 1 AS one", ())
        await other.fetch("SELECT pg_advisory_unlock($1)", lock)
        await asyncio.gather(*waiting)
    await other.close()

    assert rows[0]["one"] == 1


async def test_an_owner_whose_statements_all_wait_leaves_connections_to_others(
    database: Database, named_address: DatabaseAddress, database_url: str
) -> None:
    slow, quick = [await new_conversation(PostgresConversationRepository(database)) for _ in range(2)]
    blocker = await asyncpg.connect(**DatabaseAddress.parse(database_url).arguments)
    transaction = blocker.transaction()
    await transaction.start()
    await blocker.fetch("SELECT FROM conversations WHERE owner_id = $1 FOR UPDATE", slow[0])

    settings = PoolSettings(size=3, most_of_owner=2, acquire_timeout=30, command_timeout=30, lock_timeout=30)
    async with Database.connect(named_address, settings) as pool:
        repository = PostgresConversationRepository(pool)
        appends = [asyncio.create_task(repository.append(*slow, SAID, None)) for _ in range(9)]
        await until_sessions(database_url, WAITS_FOR_LOCK, count=2)
        append = asyncio.create_task(repository.append(*quick, SAID, None))
        await asyncio.wait({append}, timeout=5)
        is_appended, waiting = append.done(), pool.waiting
        await transaction.rollback()
        await append
        seqs = [message.seq for messages in await asyncio.gather(*appends) for message in messages]
    await blocker.close()

    assert (is_appended, waiting) == (True, 7)
    assert sorted(seqs) == [*range(1, 10)]


async def test_an_owner_whose_statements_wait_too_long_for_each_other_is_busy(
    database: Database, named_address: DatabaseAddress, database_url: str
) -> None:
    owner, conversation_id = await new_conversation(PostgresConversationRepository(database))
    blocker = await asyncpg.connect(**DatabaseAddress.parse(database_url).arguments)
    transaction = blocker.transaction()
    await transaction.start()
    await blocker.fetch("SELECT FROM conversations WHERE owner_id = $1 FOR UPDATE", owner)

    settings = PoolSettings(size=3, most_of_owner=1, acquire_timeout=0.05, lock_timeout=20)
    async with Database.connect(named_address, settings) as pool:
        repository = PostgresConversationRepository(pool)
        append = asyncio.create_task(repository.append(owner, conversation_id, SAID, None))
        await until_sessions(database_url, WAITS_FOR_LOCK)
        with pytest.raises(OwnerBusyError):
            await repository.conversation(owner, conversation_id)
        await transaction.rollback()
        await append
    await blocker.close()


async def test_a_pool_that_is_closed_is_an_outage_and_not_a_defect(named_address: DatabaseAddress) -> None:
    async with Database.connect(named_address, PoolSettings(size=1)) as pool:
        await pool.fetch("SELECT 1", ())

    with pytest.raises(UnavailableError):
        await pool.fetch("SELECT 1", ())


async def test_a_statement_that_takes_too_long_is_an_outage(named_address: DatabaseAddress) -> None:
    async with Database.connect(named_address, PoolSettings(size=1, command_timeout=0.5)) as pool:
        with pytest.raises(UnavailableError):
            await pool.fetch("SELECT pg_sleep(30)", ())

        assert (await pool.fetch("SELECT 1 AS one", ()))[0]["one"] == 1


async def test_a_statement_that_was_not_answered_in_time_tells_of_every_connection(
    named_address: DatabaseAddress,
) -> None:
    async with Database.connect(named_address, PoolSettings(size=2, command_timeout=1)) as pool:

        async def backends() -> set[int]:
            at_once = [pool.fetch("SELECT pg_backend_pid() AS pid, pg_sleep(0.1)", ()) for _ in range(2)]
            return {row["pid"] for rows in await asyncio.gather(*at_once) for row in rows}

        before = await backends()
        with pytest.raises(UnavailableError):
            await pool.fetch("SELECT pg_sleep(5)", ())
        after = await backends()

    assert (len(before), len(after), before & after) == (2, 2, set())


@pytest.mark.parametrize(("seconds", "told"), [(1.5, "1500ms"), (0.0001, "1ms")])
async def test_a_lock_is_waited_for_no_longer_than_is_set(
    named_address: DatabaseAddress, seconds: float, told: str
) -> None:
    asked = "SELECT current_setting('lock_timeout') AS lock, current_setting('application_name') AS name"

    async with Database.connect(named_address, PoolSettings(size=1, lock_timeout=seconds)) as pool:
        (row,) = await pool.fetch(asked, ())

    assert (row["lock"], row["name"]) == (told, "ai-agent-pool-test")


async def test_a_violation_that_arrives_as_an_internal_error_is_its_callers(named_address: DatabaseAddress) -> None:
    async with Database.connect(named_address, PoolSettings(size=1)) as pool:
        with pytest.raises(asyncpg.UniqueViolationError):
            await pool.fetch(REFUSED_BY_A_NODE, ())

    with pytest.raises(asyncpg.UniqueViolationError):
        async with open_transaction(named_address, PoolSettings()) as transaction:
            await transaction.rows(Statement(text(REFUSED_BY_A_NODE)))


async def test_a_session_that_may_not_write_is_not_kept(empty_database_url: str) -> None:
    change = f"ALTER DATABASE {urlsplit(empty_database_url).path[1:]}"
    address = DatabaseAddress.parse(empty_database_url)
    other = await asyncpg.connect(**address.arguments)
    await other.execute(f"{change} SET default_transaction_read_only = on")

    async with Database.connect(address, PoolSettings(size=1)) as pool:
        with pytest.raises(UnavailableError):
            await pool.fetch("CREATE TABLE notes ()", ())
        await other.execute(f"{change} RESET default_transaction_read_only")
        await pool.fetch("CREATE TABLE notes ()", ())

    await other.close()


class Notes(Observer):
    """Keeps what it is told of statements."""

    def __init__(self) -> None:
        self.told: list[tuple[str, type[BaseException] | None]] = []
        self.seconds: list[float] = []

    @override
    def ran(self, statement: str, seconds: float) -> None:
        self.told.append((statement, None))
        self.seconds.append(seconds)

    @override
    def broke_off(self, statement: str, seconds: float, failure: type[BaseException]) -> None:
        self.told.append((statement, failure))
        self.seconds.append(seconds)


async def test_the_observer_is_told_of_each_statement_how_it_ended(
    named_address: DatabaseAddress, database_url: str
) -> None:
    notes = Notes()
    async with Database.connect(named_address, PoolSettings(size=1), notes) as database:
        await database.fetch("SELECT 1", [], name="fine")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await database.fetch("SELECT 1 / $1::int", [0], name="refused")
        given_up = asyncio.create_task(database.fetch("SELECT pg_sleep(60)", [], name="given up"))
        await until_sessions(database_url, "query LIKE 'SELECT pg_sleep%' AND state = 'active'")
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up

    assert notes.told == [
        ("fine", None),
        ("refused", asyncpg.DivisionByZeroError),
        ("given up", asyncio.CancelledError),
    ]
    assert all(seconds > 0 for seconds in notes.seconds)
