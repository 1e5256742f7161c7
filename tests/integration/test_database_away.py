"""A database that is away, empty, or of an older schema."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest

from adapters.embedded_postgres.server import EmbeddedPostgres
from entrypoints.container.operations import migrate, require_fit_database
from tests.support.databases import prepare
from tests.support.postgres import execute, transaction
from tests.support.service import running_service, settings_for

REQUESTS = [
    ("GET", "/api/me", None),
    ("GET", "/api/conversations", None),
    ("POST", "/api/chat", {"message": "hello"}),
    ("POST", "/api/conversations", {}),
    ("DELETE", f"/api/conversations/conv_{'0' * 32}", None),
]
TOKEN = {"Authorization": "Bearer " + "x" * 32}


@pytest.mark.parametrize("reason", ["no such socket", "refused", "empty"])
def test_every_answer_is_503_with_retry_after_and_says_nothing_of_the_database(
    reason: str, empty_database_url: str
) -> None:
    url = {
        "no such socket": "postgresql://ann:pass-word@/secret?host=/nowhere",
        "refused": "postgresql://ann:pass-word@127.0.0.1:1/secret",
        "empty": empty_database_url,
    }[reason]

    with (
        running_service(settings_for(url)) as address,
        httpx.Client(base_url=address, headers=TOKEN) as client,
    ):
        answers = [client.request(method, path, json=body) for method, path, body in REQUESTS]
        ready = client.get("/health/ready")
        live = client.get("/health/live")

    for answer in [*answers, ready]:
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
        assert not any(word in answer.text for word in ("pass-word", "secret", "nowhere", "127.0.0.1", "SELECT"))
    assert live.status_code == 200
    if reason == "empty":
        assert "ai-agent migrate" in ready.json()["detail"]


def test_an_answer_that_takes_too_long_is_503_and_what_was_begun_is_finished(
    database_url: str, client: httpx.Client
) -> None:
    hurried = msgspec.structs.replace(settings_for(database_url), request_timeout=0.5)
    body = {"messages": [{"role": "user", "content": "hello"}]}
    path = client.post("/api/conversations", json={}).headers["Location"]
    owner = client.get("/api/me").json()["user_id"]
    headers = {"Authorization": client.headers["Authorization"], "X-Request-Id": "request-1"}

    with (
        running_service(hurried) as address,
        transaction(database_url, f"SELECT FROM conversations WHERE owner_id = '{owner}' FOR UPDATE"),
    ):
        slow = httpx.post(f"{address}{path}/messages", json=body, headers=headers)
    kept = client.post(f"{path}/messages", json=body).json()["data"]  # the other service has ended, and all it began

    assert (slow.status_code, slow.json()["code"], slow.headers["Retry-After"]) == (503, "too_slow", "1")
    assert (slow.headers["X-Request-Id"], slow.headers["X-Content-Type-Options"]) == ("request-1", "nosniff")
    assert [one["seq"] for one in kept] == [2]


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("synchronous_commit = off", "synchronous_commit is off"),
        ("default_transaction_isolation = 'repeatable read'", "default_transaction_isolation is repeatable read"),
        ("default_transaction_read_only = on", "default_transaction_read_only is on"),
    ],
)
def test_readiness_is_false_while_a_setting_breaks_a_promise(empty_database_url: str, setting: str, says: str) -> None:
    """Through a pooler, where the service sends no settings of its own."""
    asyncio.run(prepare(empty_database_url))
    change = f"ALTER DATABASE {urlsplit(empty_database_url).path[1:]}"
    joint = "&" if "?" in empty_database_url else "?"

    execute(empty_database_url, f"{change} SET {setting}")

    with (
        running_service(settings_for(f"{empty_database_url}{joint}pgbouncer=true")) as address,
        httpx.Client(base_url=address) as client,
    ):
        broken = client.get("/health/ready")
        name, _, _ = setting.partition(" ")
        execute(empty_database_url, "SET default_transaction_read_only = off", f"{change} RESET {name}")
        mended = client.get("/health/ready")

    assert (broken.status_code, broken.json()["code"]) == (503, "unavailable")
    assert says in broken.json()["detail"]
    assert mended.status_code == 200


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_readiness_is_false_on_a_server_that_may_lose_what_it_acknowledged(setting: str, tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "postgres", settings={setting: "off"}) as server:
        asyncio.run(prepare(server.url))
        with running_service(settings_for(server.url)) as address:
            ready = httpx.get(f"{address}/health/ready")

    assert (ready.status_code, ready.json()["code"]) == (503, "unavailable")
    assert f"{setting} is off" in ready.text


def test_readiness_is_false_on_a_schema_of_an_older_revision(empty_database_url: str) -> None:
    asyncio.run(prepare(empty_database_url))
    execute(empty_database_url, "UPDATE ai_agent_revision SET version_num = '0001'")

    with running_service(settings_for(empty_database_url)) as address:
        ready = httpx.get(f"{address}/health/ready")

    assert ready.status_code == 503
    assert "ai-agent migrate" in ready.json()["detail"]


def test_a_service_goes_on_and_may_start_once_the_schema_is_migrated_for_the_next_release(
    empty_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(prepare(empty_database_url))
    settings = settings_for(empty_database_url)

    with running_service(settings) as address:
        execute(empty_database_url, "UPDATE ai_agent_revision SET version_num = 'of the next release'")
        ready = [httpx.get(f"{address}/health/ready").status_code for _ in range(2)]

    assert ready == [200, 200]
    (said,) = [line for line in caplog.messages if "revision" in line]
    assert said.startswith("The schema is at revision 'of the next release', which this release does not know")
    assert asyncio.run(require_fit_database(settings)) == ()
    assert asyncio.run(migrate(settings)) == ("of the next release", "of the next release")
