"""The command line: what it prints, and what it refuses."""

import asyncio
import json
import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.revisions import newest_revision
from entrypoints.native_api.openapi import make_document
from tests.support.commands import AI_AGENT, INHERITED, WITH_AUTHENTICATION, run
from tests.support.databases import prepare
from tests.support.postgres import execute
from tests.support.schema import differences


def test_openapi_prints_the_document() -> None:
    printed = run("openapi")

    assert json.loads(printed.stdout) == make_document()


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (["serve"], {}, "DATABASE_URL"),
        (["migrate"], {}, "DATABASE_URL"),
        (["migrate"], {"DATABASE_URL": "mysql://ann:secret@x/y"}, "must begin with postgresql://"),
        (["migrate"], {"DATABASE_URL": "postgresql://ann:secret@127.0.0.1:1/y"}, "can't be migrated"),
        (
            ["migrate"],
            {"DATABASE_URL": "postgresql://ann:secret@x/y?sslmode=verify-full&sslrootcert=/no/such/file"},
            "sslrootcert",
        ),
        (["serve"], {"DATABASE_URL": "postgresql://a@b/c", "DATABASE_POOL_SIZE": "x"}, "DATABASE_POOL_SIZE"),
        (["serve"], {"DATABASE_URL": "postgresql://a@b/c"}, "BETTER_AUTH_SECRET"),
        (
            ["serve"],
            {"DATABASE_URL": "postgresql://a@b/c", **WITH_AUTHENTICATION, "AUTH_USER_TABLE": "a b"},
            "user_table",
        ),
        (
            ["serve"],
            {"DATABASE_URL": "postgresql://a@b/c", **WITH_AUTHENTICATION, "RESPONDER": "agent:x:y"},
            "RESPONDER: ",
        ),
        (
            ["serve"],
            {"DATABASE_URL": "postgresql://a@b/c", **WITH_AUTHENTICATION, "OTEL_TRACES_EXPORTER": "secret"},
            "OTEL_TRACES_EXPORTER must be otlp, console, or none",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: list[str],
    environment: dict[str, str],
    says: str,
    refusal_of: Callable[..., str],
) -> None:
    said = refusal_of(*arguments, **environment)

    assert says in said
    assert "secret" not in said


def test_migrate_is_safe_when_several_start_at_once(empty_database_url: str) -> None:
    command = [str(AI_AGENT), "migrate"]
    environment = INHERITED | {"DATABASE_URL": empty_database_url}
    several = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(4)]

    said = [one.communicate()[0] for one in several]

    assert [one.returncode for one in several] == [0] * 4
    assert sorted(line.split()[0] for line in said) == ["Migrated", "The", "The", "The"]


def test_config_prints_what_is_in_force_without_secrets() -> None:
    environment = {"DATABASE_URL": "postgresql://ann:word@x/y", "DATABASE_POOL_SIZE": "3", **WITH_AUTHENTICATION}

    lines = run("config", **environment)
    document = run("config", "--json", **environment)

    assert (lines.returncode, document.returncode) == (0, 0)
    assert {"DATABASE_URL=***  # environment", "DATABASE_POOL_SIZE=3  # environment"} < set(lines.stdout.splitlines())
    assert {"name": "DATABASE_POOL_SIZE", "value": 3, "source": "environment"} in json.loads(document.stdout)
    for said in (lines.stdout, lines.stderr, document.stdout):
        assert "word" not in said
        assert WITH_AUTHENTICATION["BETTER_AUTH_SECRET"] not in said


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is required"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL: "),
        ({"MIGRATION_DATABASE_URL": "mysql://x/y"}, "MIGRATION_DATABASE_URL: "),
        ({"BETTER_AUTH_SECRET": "short"}, "BETTER_AUTH_SECRET is shorter"),
        ({"AUTH_USER_TABLE": "a b"}, "user_table"),
        ({"RESPONDER": "parrot"}, "RESPONDER must be echo, agent, or"),
        ({"RESPONDER": "agent", "OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}, "RESPONDER: OPENAI_API_KEY is required"),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER must be otlp"),
        ({"DATABASE_URL_FILE": "/run/secrets/url"}, "DATABASE_URL and DATABASE_URL_FILE"),
    ],
)
def test_config_refuses_what_serve_and_migrate_would_refuse(
    wrong: dict[str, str], says: str, run_here: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    printed = run_here("config", **{"DATABASE_URL": "postgresql://a@x/y", **WITH_AUTHENTICATION, **wrong})

    assert printed.returncode == 1
    assert re.fullmatch(rf"ai-agent: .*{says}.*\n", printed.stderr)


def test_what_looks_like_a_setting_is_warned_of_once() -> None:
    printed = run("config", DATABASE_URL="postgresql://a@x/y", **WITH_AUTHENTICATION, DATABASE_POOLSIZE="3")

    assert printed.returncode == 0
    assert printed.stderr.count("DATABASE_POOLSIZE") == 1


def pooled(url: str) -> str:
    """The database as if a pooler stood before it."""
    return f"{url}{'&' if '?' in url else '?'}pgbouncer=true"


def test_migrate_takes_a_url_of_its_own(
    empty_database_url: str, run_here: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    environment = {"DATABASE_URL": pooled(empty_database_url)}

    refused = run_here("migrate", **environment)
    done = run_here("migrate", **environment, MIGRATION_DATABASE_URL=empty_database_url)

    assert refused.returncode == 1
    assert "MIGRATION_DATABASE_URL" in refused.stderr
    assert (done.returncode, done.stdout.split()[0]) == (0, "Migrated")


def test_a_wrong_url_for_migrations_is_named(refusal_of: Callable[..., str], empty_database_url: str) -> None:
    said = refusal_of("migrate", DATABASE_URL=empty_database_url, MIGRATION_DATABASE_URL="mysql://ann:secret@x/y")

    assert "MIGRATION_DATABASE_URL: " in said
    assert "secret" not in said


def test_migrate_checks_and_changes_nothing(
    empty_database_url: str, run_here: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    environment = {"DATABASE_URL": pooled(empty_database_url), "MIGRATION_DATABASE_URL": empty_database_url}

    before = [run_here("migrate", "--check", **environment) for _ in range(2)]
    run_here("migrate", **environment)
    after = run_here("migrate", "--check", **environment)

    assert [(one.returncode, one.stdout) for one in before] == [
        (3, "The schema is not current: it has no revision. Run ai-agent migrate.\n")
    ] * 2
    assert (after.returncode, after.stdout) == (0, f"The schema is current, at revision {newest_revision()}.\n")


def test_migrate_prints_the_sql_that_it_would_run(
    empty_database_url: str, run_here: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    environment = {"DATABASE_URL": empty_database_url}

    printed = run_here("migrate", "--sql", **environment)
    before = run_here("migrate", "--check", **environment)
    execute_together(empty_database_url, printed.stdout)
    after = run_here("migrate", "--check", **environment)
    nothing_to_do = run_here("migrate", "--sql", **environment)

    assert (printed.returncode, before.returncode, after.returncode) == (0, 3, 0)
    assert asyncio.run(differences(DatabaseAddress.parse(empty_database_url))) == []
    assert printed.stdout.count("BEGIN") == printed.stdout.count("SET LOCAL lock_timeout") > 1
    assert (nothing_to_do.returncode, nothing_to_do.stdout) == (0, "")


def execute_together(url: str, script: str) -> None:
    """Run the statements of a script, one after the other in one session."""

    async def run() -> None:
        connection = await asyncpg.connect(**DatabaseAddress.parse(url).arguments)
        for statement in script.strip().split(";\n"):
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


@pytest.mark.parametrize("command", [["migrate"], ["serve", "--port", "0"], ["fsck"]])
def test_a_database_that_lets_nobody_in_is_told_from_one_that_is_away(
    command: list[str], empty_database_url: str, refusal_of: Callable[..., str]
) -> None:
    url = urlsplit(empty_database_url)
    missing = urlunsplit(url._replace(path=f"{url.path}_missing"))

    said = refusal_of(*command, DATABASE_URL=missing, **WITH_AUTHENTICATION)

    assert re.search(r"_missing. does not exist$", said)


def test_serve_refuses_a_database_that_was_not_migrated(
    empty_database_url: str, refusal_of: Callable[..., str]
) -> None:
    said = refusal_of("serve", "--port", "0", DATABASE_URL=empty_database_url, **WITH_AUTHENTICATION)

    assert "run ai-agent migrate" in said


@pytest.mark.parametrize("command", [["migrate"], ["serve", "--port", "0"]])
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_keep_all_texts_is_refused(
    command: list[str], encoding: str, server_url: str, empty_database_url: str, refusal_of: Callable[..., str]
) -> None:
    name = urlsplit(empty_database_url).path[1:]
    options = f"TEMPLATE template0 ENCODING '{encoding}' LOCALE_PROVIDER libc LOCALE 'C'"
    execute(server_url, f"DROP DATABASE {name}", f"CREATE DATABASE {name} {options}")

    said = refusal_of(*command, DATABASE_URL=empty_database_url, **WITH_AUTHENTICATION)

    assert f"encoding is {encoding}" in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('DROP TABLE "session"', "session table is missing"),
        ('ALTER TABLE "session" ALTER "expiresAt" TYPE timestamp', "AUTH_EXPIRY_TIME_ZONE"),
    ],
)
def test_serve_refuses_sessions_that_it_cannot_judge(
    empty_database_url: str, change: str, says: str, refusal_of: Callable[..., str]
) -> None:
    asyncio.run(prepare(empty_database_url))
    execute(empty_database_url, change)

    said = refusal_of("serve", "--port", "0", DATABASE_URL=empty_database_url, **WITH_AUTHENTICATION)

    assert says in said


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path, refusal_of: Callable[..., str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        serve = refusal_of("serve", "--port", port, DATABASE_URL="postgresql://a@b/c", **WITH_AUTHENTICATION)
        dev = run("dev", "--port", port, "--data", str(tmp_path))

    assert dev.returncode == 1
    for said in (serve, dev.stderr):
        assert re.fullmatch(rf"ai-agent: Can't listen on 127.0.0.1:{port}: .*--port.\n", said)
    assert list(tmp_path.iterdir()) == []
