"""The service under the role that docs/authentication.md creates: all works, and nothing more is allowed."""

import asyncio
import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest

from adapters.postgres.address import DatabaseAddress
from entrypoints.cli.main import main
from entrypoints.container.operations import OperationError, migrate, require_fit_database
from tests.support.commands import WITH_AUTHENTICATION
from tests.support.databases import prepare, sign_in
from tests.support.postgres import execute, new_database
from tests.support.service import AGENT_KEY, running_service, settings_for

GUIDE = Path(__file__).parents[2] / "docs" / "authentication.md"
PASSWORD = "a-password-of-the-test"


@contextmanager
def restricted_role(database_url: str) -> Iterator[str]:
    """Prepare a database; its URL for the role of the guide."""
    role = f"ai_agent_{secrets.token_hex(4)}"
    asyncio.run(prepare(database_url))
    execute(database_url, 'ALTER TABLE "user" ADD banned boolean, ADD "banExpires" timestamptz')
    (script,) = re.findall(r"```sql\n(-- the service's role.*?)```", GUIDE.read_text(), re.DOTALL)
    script = script.replace("ai_agent", role).replace(f"{role}_revision", "ai_agent_revision")
    script = re.sub(r"--.*", "", script.replace("'…'", f"'{PASSWORD}'"))
    execute(database_url, *(statement for statement in script.split(";") if statement.strip()))
    parts = urlsplit(database_url)
    yield urlunsplit(parts._replace(netloc=f"{role}:{PASSWORD}@{parts.netloc.rpartition('@')[2]}"))
    execute(database_url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@pytest.fixture
def role_url(empty_database_url: str) -> Iterator[str]:
    """The URL of a prepared database for the role of the guide."""
    with restricted_role(empty_database_url) as url:
        yield url


@pytest.fixture(scope="module")
def shared_role_url(server_url: str) -> Iterator[str]:
    """Such a URL for all tests that change nothing."""
    with new_database(server_url) as database_url, restricted_role(database_url) as url:
        yield url


def test_the_service_works_under_its_own_role(role_url: str, empty_database_url: str) -> None:
    token = asyncio.run(sign_in(empty_database_url))
    settings = settings_for(role_url)

    assert asyncio.run(require_fit_database(settings)) == ()
    with (
        running_service(settings) as address,
        httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client,
    ):
        ready = client.get("/health/ready")
        owner_id = client.get("/api/me").json()["user_id"]
        said = client.post("/api/chat", json={"message": "hello"}, headers={"Idempotency-Key": "k"})
        path = f"/api/conversations/{said.json()['conversation_id']}"
        others = [
            client.get(path),
            client.get("/api/conversations"),
            client.patch(path, json={"title": "x"}),
            httpx.get(address + path, headers={"X-Agent-Key": AGENT_KEY, "X-Owner-Id": owner_id}),
            client.delete(path),
        ]

    assert {one.status_code for one in [ready, said, *others]} <= {200, 204}


def test_its_role_may_export_and_import(
    shared_role_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    at = "2026-01-02T03:04:05Z"
    place = "conv_00000000000000000000000000000001"
    lines = [
        {"type": "export", "version": 1, "user_id": "ann"},
        {
            "type": "conversation", "id": place, "title": None, "title_is_auto": False, "metadata": {}, "last_seq": 1,
            "archived_at": at, "created_at": at, "updated_at": at,
        },
        {
            "type": "message", "conversation_id": place, "seq": 1, "role": "assistant", "content": None,
            "tool_calls": [call], "status": "completed", "metadata": {}, "created_at": at,
        },
        {"type": "end", "conversations": 1, "messages": 1},
    ]  # fmt: skip
    file = tmp_path / "ann.ndjson"
    file.write_text("".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines))
    monkeypatch.setenv("DATABASE_URL", shared_role_url)

    assert main(["import", "--user", "ann", str(file)]) == 0
    capfd.readouterr()
    assert main(["export", "--user", "ann"]) == 0

    assert capfd.readouterr().out == file.read_text()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("REVOKE SELECT ON ai_agent_revision FROM {role}", "SELECT on ai_agent_revision"),
        ("REVOKE SELECT ON conversations FROM {role}", "SELECT on conversations"),
        ("REVOKE UPDATE (metadata) ON conversations FROM {role}", "UPDATE on conversations"),
        ("REVOKE DELETE ON conversations FROM {role}", "DELETE on conversations"),
        ("REVOKE INSERT ON messages FROM {role}", "INSERT on messages"),
        ("REVOKE UPDATE (status) ON messages FROM {role}", "UPDATE on messages"),
        ("REVOKE INSERT ON reply_batches FROM {role}", "INSERT on reply_batches"),
        ("REVOKE DELETE ON reply_batches FROM {role}", "DELETE on reply_batches"),
        ("REVOKE SELECT ON idempotency_keys FROM {role}", "SELECT on idempotency_keys"),
        ("REVOKE USAGE ON SCHEMA public FROM PUBLIC", "run ai-agent migrate"),
        ("DROP TABLE idempotency_keys", "there is no idempotency_keys"),
        ("ALTER TABLE conversations DROP COLUMN title_is_auto", None),
        ("ALTER TABLE messages ENABLE ROW LEVEL SECURITY", None),
    ],
)
def test_without_what_it_needs_the_service_is_away_and_not_broken(
    role_url: str, empty_database_url: str, change: str, says: str | None, refusal_of: Callable[..., str]
) -> None:
    token = asyncio.run(sign_in(empty_database_url))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    with (
        running_service(settings_for(role_url)) as address,
        httpx.Client(base_url=address, headers=headers) as client,
    ):
        path = client.post("/api/conversations", json={}).headers["Location"]
        execute(empty_database_url, change.format(role=urlsplit(role_url).username))
        message = {"role": "user", "content": "hello"}
        answers = [
            client.get("/api/conversations"),
            client.get(path),
            client.patch(path, json={"metadata": {"a": 1}}),
            client.post(f"{path}/messages", json={"messages": [message]}, headers={"Idempotency-Key": "l"}),
            client.delete(path),
        ]
        ready = client.get("/health/ready")

    assert {answer.status_code for answer in answers} <= {200, 201, 204, 503}
    assert (ready.status_code, ready.json().get("code")) == ((503, "unavailable") if says else (200, None))
    if says:
        assert says in ready.json()["detail"]
        assert says in refusal_of("serve", "--port", "0", DATABASE_URL=role_url, **WITH_AUTHENTICATION)


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT * FROM "session"',
        'SELECT "ipAddress" FROM "session"',
        'SELECT email FROM "user"',
        'SELECT name FROM "user"',
        "SELECT * FROM account",
        "SELECT password FROM account",
        "SELECT * FROM verification",
        "INSERT INTO \"user\" (id, name, email, \"emailVerified\") VALUES ('x', 'x', 'x', true)",
        'UPDATE "session" SET "expiresAt" = now()',
        'DELETE FROM "session"',
        'DELETE FROM "user"',
        "TRUNCATE messages",
        "DROP TABLE messages",
        "ALTER TABLE messages ADD x int",
        "CREATE TABLE mine (a int)",
        "UPDATE ai_agent_revision SET version_num = 'x'",
        "UPDATE messages SET role = 'system'",
        "UPDATE messages SET created_at = now()",
        "UPDATE reply_batches SET events = '[]'",
        "DELETE FROM messages",
    ],
)
async def test_everything_else_is_refused_to_it(shared_role_url: str, statement: str) -> None:
    connection = await asyncpg.connect(**DatabaseAddress.parse(shared_role_url).arguments)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)

    await connection.close()


async def test_it_cannot_migrate_and_is_told_so(role_url: str, empty_database_url: str) -> None:
    owner = await asyncpg.connect(**DatabaseAddress.parse(empty_database_url).arguments)
    await owner.execute("DROP TABLE ai_agent_revision")
    await owner.close()

    with pytest.raises(OperationError, match="The database can't be migrated: permission denied for schema public"):
        await migrate(settings_for(role_url))
