"""better-auth's tables under other names, of other types, or not as they must be."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.better_auth.layout import Layout
from adapters.better_auth.names import LayoutError, Names
from adapters.better_auth.verifier import BetterAuthTokenVerifier, SignaturePolicy
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.database import Database, PoolSettings
from domain.credential import Credential
from domain.errors import BannedError, UnauthenticatedError, UnavailableError
from tests.support.postgres import execute, new_database

TOKEN = "x" * 32
CREDENTIAL = Credential(value=TOKEN, must_be_signed=False)

USUAL = """
    CREATE TABLE "user" (id text PRIMARY KEY);
    CREATE TABLE "session" (token text UNIQUE, "expiresAt" timestamptz, "userId" text);
    INSERT INTO "user" VALUES ('7');
    INSERT INTO "session" VALUES ('{token}', now() + interval '1 hour', '7');
"""
SNAKE_AND_PLURAL = """
    CREATE TABLE users (id uuid PRIMARY KEY, banned boolean, ban_expires timestamptz);
    CREATE TABLE sessions (token text UNIQUE, expires_at timestamptz, user_id uuid, impersonated_by text);
    INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000007');
    INSERT INTO sessions VALUES ('{token}', now() + interval '1 hour', '00000000-0000-0000-0000-000000000007', 'root');
"""
CUSTOM = """
    CREATE SCHEMA auth;
    CREATE TABLE auth.people (number integer PRIMARY KEY, blocked boolean, "until" timestamp);
    CREATE TABLE auth.user_sessions (secret text UNIQUE, "end" timestamp, person integer);
    INSERT INTO auth.people VALUES (7);
    INSERT INTO auth.user_sessions VALUES ('{token}', (now() + interval '1 hour') AT TIME ZONE 'Asia/Tokyo', 7);
"""
DROP = "ALTER TABLE session DROP CONSTRAINT session_token_key;"
CUSTOM_NAMES = Names(
    schema="auth",
    session_table="user_sessions",
    session_token="secret",
    session_expires_at="end",
    session_user_id="person",
    user_table="people",
    user_id="number",
    user_banned="blocked",
    user_ban_expires="until",
    expiry_time_zone="Asia/Tokyo",
)


@pytest.fixture(scope="module")
def kept_database_url(server_url: str) -> Iterator[str]:
    """A database for all tests: they change nothing but schemas, and a new one for each would cost more."""
    with new_database(server_url) as url:
        yield url


@pytest.fixture
def empty_database_url(kept_database_url: str) -> str:
    """The database, emptied."""
    execute(kept_database_url, "DROP SCHEMA IF EXISTS auth, public CASCADE", "CREATE SCHEMA public")
    return kept_database_url


def build(url: str, script: str) -> None:
    execute(url, *(part for part in script.format(token=TOKEN).split(";") if part.strip()))


def on_database[Result](url: str, ask: Callable[[Database], Any]) -> Any:
    async def run() -> Any:
        async with Database.connect(DatabaseAddress.parse(url), PoolSettings(size=1)) as database:
            return await ask(database)

    return asyncio.run(run())


def verify(url: str, names: Names) -> Any:
    policy = SignaturePolicy(secret=None)
    return on_database(url, lambda database: BetterAuthTokenVerifier(database, names, policy).verify(CREDENTIAL))


@pytest.mark.parametrize(
    ("script", "names", "user_id", "impersonator"),
    [
        (USUAL, Names(), "7", None),
        (SNAKE_AND_PLURAL, Names(), "00000000-0000-0000-0000-000000000007", "root"),
        (CUSTOM, CUSTOM_NAMES, "7", None),
    ],
)
def test_sessions_are_found_under_any_name_and_ids_are_text(
    empty_database_url: str, script: str, names: Names, user_id: str, impersonator: str | None
) -> None:
    build(empty_database_url, script)

    principal = verify(empty_database_url, names)

    assert (principal.owner_id, principal.impersonated_by) == (user_id, impersonator)
    assert principal.session_expires_at is not None


@pytest.mark.parametrize(("zone", "is_live"), [("Asia/Tokyo", True), ("UTC", True), ("Pacific/Auckland", False)])
def test_a_timestamp_without_a_zone_is_read_in_its_writers_zone(
    empty_database_url: str, zone: str, *, is_live: bool
) -> None:
    build(empty_database_url, CUSTOM)
    names = Names(**{field: getattr(CUSTOM_NAMES, field) for field in Names.__slots__} | {"expiry_time_zone": zone})

    if is_live:
        assert verify(empty_database_url, names).owner_id == "7"
    else:
        with pytest.raises(UnauthenticatedError):
            verify(empty_database_url, names)


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp"])
@pytest.mark.parametrize(
    ("expiry", "is_live"),
    [
        ("'infinity'", True),
        ("'12026-01-01'", True),
        ("'9999-12-31 23:59'", True),
        ("'0001-01-01 00:00'", False),
        ("'4000-01-01 BC'", False),
        ("'-infinity'", False),
        ("NULL", False),
    ],
)
def test_a_session_may_end_when_python_has_no_calendar(
    empty_database_url: str, kind: str, expiry: str, *, is_live: bool
) -> None:
    change = f'ALTER TABLE "session" ALTER "expiresAt" TYPE {kind}; UPDATE "session" SET "expiresAt" = {expiry}'  # noqa: S608 - the test's own
    build(empty_database_url, USUAL + change)
    names = Names(expiry_time_zone="America/New_York")

    if is_live:
        assert verify(empty_database_url, names).session_expires_at == datetime(9999, 12, 31, tzinfo=UTC)
    else:
        with pytest.raises(UnauthenticatedError):
            verify(empty_database_url, names)


@pytest.mark.parametrize(
    ("ban", "is_banned"),
    [
        ("banned = true", True),
        ("banned = true, ban_expires = now() + interval '1 hour'", True),
        ("banned = true, ban_expires = now() - interval '1 ms'", False),
        ("banned = false", False),
        ("banned = NULL", False),
        ("banned = NULL, ban_expires = now() + interval '1 hour'", False),
    ],
)
def test_a_ban_holds_until_it_expires(empty_database_url: str, ban: str, *, is_banned: bool) -> None:
    build(empty_database_url, SNAKE_AND_PLURAL)
    execute(empty_database_url, f"UPDATE users SET {ban}")  # noqa: S608 - the test's own

    if is_banned:
        with pytest.raises(BannedError):
            verify(empty_database_url, Names())
    else:
        assert verify(empty_database_url, Names()).owner_id


@pytest.mark.parametrize(
    ("script", "names", "says"),
    [
        ("", Names(), 'session table is missing: there is no "session" or "sessions"'),
        (USUAL, Names(session_table="Session"), 'session table is missing: there is no "Session"'),
        (USUAL, Names(schema="auth"), 'there is no "auth"."session"'),
        ("CREATE TABLE session (a int)", Names(), "user table is missing"),
        (USUAL + SNAKE_AND_PLURAL, Names(), "AUTH_SESSION_TABLE"),
        (USUAL + "ALTER TABLE session DROP COLUMN token", Names(), "has no token: set AUTH_SESSION_TOKEN_COLUMN"),
        (USUAL + "ALTER TABLE session ADD COLUMN user_id text", Names(), "has both userId and user_id"),
        (USUAL, Names(user_banned="banned"), "has no banned: set AUTH_USER_BANNED_COLUMN"),
        (USUAL + 'ALTER TABLE session ALTER "expiresAt" TYPE timestamp', Names(), "AUTH_EXPIRY_TIME_ZONE"),
        (USUAL + 'ALTER TABLE session ALTER "expiresAt" TYPE text', Names(), "is text, not a timestamp"),
        (
            USUAL + 'ALTER TABLE session ALTER "expiresAt" TYPE timestamp',
            Names(expiry_time_zone="Nowhere/Land"),
            "no time zone that PostgreSQL knows",
        ),
        (
            USUAL + 'ALTER TABLE session ALTER "expiresAt" TYPE timestamp',
            Names(expiry_time_zone="UTC' OR 'x"),
            "is no name of a time zone",
        ),
        (USUAL + 'ALTER TABLE session ALTER "userId" TYPE uuid USING NULL', Names(), "different types"),
        (USUAL + "ALTER TABLE session ALTER token TYPE uuid USING NULL", Names(), "token is uuid"),
        (USUAL + "ALTER TABLE session ALTER token TYPE bytea USING NULL", Names(expiry_time_zone="UTC"), "is bytea"),
        (USUAL + DROP + "ALTER TABLE session ALTER token TYPE json USING NULL", Names(), "the token is no text"),
        (USUAL + 'ALTER TABLE "user" ADD banned text', Names(), "must be type boolean"),
    ],
)
def test_what_is_not_as_it_must_be_is_said_in_one_line(
    empty_database_url: str, script: str, names: Names, says: str
) -> None:
    build(empty_database_url, script)

    with pytest.raises(LayoutError) as raised:
        on_database(empty_database_url, lambda database: Layout.discover(database, names))

    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["", "1a", 'a"b', "a b", "a;b", "x" * 64, "ä"])
def test_what_is_no_identifier_is_refused(name: str) -> None:
    with pytest.raises(LayoutError):
        Names(session_table=name)


@pytest.mark.parametrize(
    ("change", "warns"),
    [
        ("", False),
        (DROP, True),
        (DROP + 'CREATE UNIQUE INDEX ON session (token, "userId")', True),
        (DROP + "CREATE UNIQUE INDEX ON session (token) WHERE token > ''", True),
        (DROP + "CREATE UNIQUE INDEX ON session (token)", False),
    ],
)
def test_a_token_column_without_a_unique_index_is_warned_of(
    empty_database_url: str, change: str, *, warns: bool
) -> None:
    build(empty_database_url, USUAL + change)

    layout = on_database(empty_database_url, lambda database: Layout.discover(database, Names()))

    assert bool(layout.warnings) is warns
    assert all("no unique index on token" in warning for warning in layout.warnings)


def test_tables_that_change_while_the_service_runs_are_looked_at_again(empty_database_url: str) -> None:
    build(empty_database_url, USUAL)

    async def ask(database: Database) -> str:
        verifier = BetterAuthTokenVerifier(database, Names(), SignaturePolicy(secret=None))
        await verifier.verify(CREDENTIAL)
        for statement in ('ALTER TABLE "session" RENAME TO sessions', 'ALTER TABLE "user" RENAME TO users'):
            await database.fetch(statement, ())
        with pytest.raises(Exception, match="can't be read"):
            await verifier.verify(CREDENTIAL)
        return (await verifier.verify(CREDENTIAL)).owner_id

    assert on_database(empty_database_url, ask) == "7"


def test_a_plugin_that_is_installed_while_the_service_runs_is_heeded_from_the_next_check_on(
    empty_database_url: str,
) -> None:
    build(empty_database_url, USUAL)

    async def ask(database: Database) -> str:
        verifier = BetterAuthTokenVerifier(database, Names(), SignaturePolicy(secret=None))
        await verifier.verify(CREDENTIAL)
        await database.fetch('ALTER TABLE "user" ADD banned boolean', ())
        await verifier.check()
        owner_id = (await verifier.verify(CREDENTIAL)).owner_id
        await database.fetch('UPDATE "user" SET banned = true', ())
        with pytest.raises(BannedError):
            await verifier.verify(CREDENTIAL)
        return owner_id

    assert on_database(empty_database_url, ask) == "7"


@pytest.mark.parametrize(
    ("change", "mend"),
    [
        ('ALTER TABLE "session" RENAME TO gone', 'ALTER TABLE gone RENAME TO "session"'),
        ("CREATE TABLE sessions (token text)", "DROP TABLE sessions"),
        ('ALTER TABLE "user" ADD banned text', 'ALTER TABLE "user" DROP banned'),
    ],
)
def test_tables_that_do_not_do_any_more_make_it_unready_and_let_nobody_in(
    empty_database_url: str, change: str, mend: str
) -> None:
    build(empty_database_url, USUAL)

    async def ask(database: Database) -> str:
        verifier = BetterAuthTokenVerifier(database, Names(), SignaturePolicy(secret=None))
        await verifier.check()
        await database.fetch(change, ())
        with pytest.raises(UnavailableError):
            await verifier.check()
        with pytest.raises(UnavailableError):
            await verifier.verify(CREDENTIAL)
        await database.fetch(mend, ())
        await verifier.check()
        return (await verifier.verify(CREDENTIAL)).owner_id

    assert on_database(empty_database_url, ask) == "7"
