"""What is counted, of requests over real sockets on a real database."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

import httpx
import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from domain.append import decide_append
from domain.errors import StateMovedError, UnavailableError
from domain.message import NewMessage
from domain.roles import Role
from entrypoints.container.observing import StorageMetrics, asked_of_the_pool
from entrypoints.server.limits import Limits
from entrypoints.server.reading import GuardedProtocol
from entrypoints.settings import Settings
from tests.support.conversations import new_conversation
from tests.support.metrics import Growth, Samples
from tests.support.raw_http import Connection, ask
from tests.support.service import running_service, settings_for

REQUESTS = "ai_agent_http_request_seconds_count"


class QuickProtocol(GuardedProtocol):
    """With deadlines that a test can wait for, and room for two connections that are not idle."""

    limits = Limits(head_seconds=0.4, body_seconds=0.4)


@pytest.fixture
def growth() -> Growth:
    return Growth()


@pytest.mark.parametrize(
    ("method", "path", "status", "route"),
    [
        ("GET", "/api/me", 200, "/api/me"),
        ("HEAD", "/api/me", 200, "/api/me"),
        ("DELETE", "/api/conversations/conv_" + "0" * 32, 404, "/api/conversations/{conversation_id}"),
        ("GET", "/api/such/as/nobody/knows", 404, "other"),
        ("PUT", "/api/me", 405, "other"),
    ],
)
def test_a_request_is_counted_by_route_method_and_status(
    client: httpx.Client, growth: Growth, method: str, path: str, status: int, route: str
) -> None:
    client.request(method, path)

    assert growth.is_soon(1, REQUESTS, route=route, method=method, status=str(status))


def test_a_method_that_http_does_not_have_is_counted_as_another(service: str, growth: Growth) -> None:
    ask(service, b"MKCALENDAR /api/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert growth.is_soon(1, REQUESTS, route="other", method="other", status="405")


def test_the_time_to_respond_is_observed(client: httpx.Client, growth: Growth) -> None:
    labels = {"route": "/api/me", "method": "GET", "status": "200"}
    client.get("/api/me")

    assert growth.is_soon(1, "ai_agent_http_request_seconds_bucket", le="+Inf", **labels)
    assert 0 < growth("ai_agent_http_request_seconds_sum", **labels) < 60


def test_refused_credentials_are_counted_by_cause_and_errors_by_code(service: str, growth: Growth) -> None:
    httpx.get(f"{service}/api/me")
    httpx.get(f"{service}/api/me", headers={"Authorization": f"Bearer {'x' * 32}"})

    assert growth("ai_agent_refused_credentials_total", cause="absent") == 1
    assert growth("ai_agent_refused_credentials_total", cause="unknown_session") == 1
    assert growth("ai_agent_http_errors_total", code="unauthenticated") == 2


def test_messages_statements_and_replays_are_counted(client: httpx.Client, growth: Growth) -> None:
    path = client.post("/api/conversations", json={}).headers["Location"]
    body = {"messages": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]}
    for _ in range(3):
        client.post(f"{path}/messages", json=body, headers={"Idempotency-Key": "a"}).raise_for_status()

    assert growth("ai_agent_messages_appended_total") == 2
    assert growth("ai_agent_idempotent_replays_total") == 2
    assert growth("ai_agent_statement_seconds_count", statement="writes.create") == 1
    assert growth("ai_agent_statement_seconds_count", statement="writes.append") == 1  # a conflict is no success
    assert growth("ai_agent_statement_seconds_count", statement="better_auth.session") == 4


def test_replies_are_counted_by_outcome_with_the_time_to_their_first_words(
    client: httpx.Client, growth: Growth
) -> None:
    client.post("/api/chat", json={"message": "Hello"}).raise_for_status()

    assert growth("ai_agent_replies_total", outcome="stop") == 1
    assert growth("ai_agent_reply_first_delta_seconds_count") == 1
    assert growth("ai_agent_messages_appended_total") == 2


def test_streams_and_replies_that_run_are_shown_while_they_do(settings: Settings, new_token: Callable[[], str]) -> None:
    fields = {name: getattr(settings, name) for name in settings.__struct_fields__} | {"echo_delay": 30.0}
    headers = {"Authorization": f"Bearer {new_token()}"}
    before = Samples.here()
    with running_service(Settings(**fields)) as address:
        body = {"message": "two words", "stream": True}
        with httpx.stream("POST", f"{address}/api/chat", json=body, headers=headers) as response:
            lines = response.iter_lines()
            place = next(line for line in lines if "conv_" in line).partition("conv_")[2][:32]
            during = Samples.here()
            httpx.post(f"{address}/api/conversations/conv_{place}/stop", headers=headers, timeout=30).raise_for_status()
            for _ in lines:
                pass
    after = Samples.here()

    for name in ("ai_agent_open_streams", "ai_agent_running_replies", "ai_agent_workers"):
        assert (name, during.value(name) - before.value(name)) == (name, 1)
        assert (name, after.value(name) - before.value(name)) == (name, 0)
    assert after.value("ai_agent_replies_total", {"outcome": "stopped"}) == 1 + before.value(
        "ai_agent_replies_total", {"outcome": "stopped"}
    )


@pytest.mark.parametrize(
    ("sent", "limit", "status"),
    [
        (b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "target", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 100 + b"\r\n", "head", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", "arrival", 408),
    ],
)
def test_a_limit_that_strikes_is_counted(
    settings: Settings, growth: Growth, sent: bytes, limit: str, status: HTTPStatus
) -> None:
    with running_service(settings, QuickProtocol) as address, Connection(address) as connection:
        connection.send(sent)
        answer = connection.receive()

    assert answer is not None
    assert answer.status == status
    assert growth("ai_agent_limits_struck_total", limit=limit) == 1


def test_a_body_that_is_too_large_strikes_a_limit(client: httpx.Client, growth: Growth) -> None:
    answer = client.post("/api/conversations", json={"title": "x" * 1_100_000})

    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert growth("ai_agent_limits_struck_total", limit="body") == 1


def test_an_outage_is_counted_and_its_end_is_logged(caplog: pytest.LogCaptureFixture, growth: Growth) -> None:
    with running_service(settings_for("postgresql://ann@/chat?host=/nowhere")) as address:
        httpx.get(f"{address}/api/me", headers={"Authorization": f"Bearer {'x' * 32}"})
    now = [10.0]
    storage = StorageMetrics(lambda: now[0])
    storage.failed()
    now[0] = 12.0
    storage.failed()
    now[0] = 12.9
    storage.ran("s", 0)
    told_too_early = caplog.text.count("available again")
    now[0] = 13.0
    with caplog.at_level(logging.INFO):
        storage.ran("s", 0)
        storage.ran("s", 0)

    assert growth("ai_agent_storage_unavailable_total") >= 3
    assert told_too_early == 0
    assert caplog.text.count("The storage is available again; it failed for 2.0 s") == 1


async def test_who_waits_for_a_connection_is_counted_with_the_time(database_url: str, growth: Growth) -> None:
    settings = PoolSettings(size=1, acquire_timeout=0.3)
    async with Database.connect(DatabaseAddress.parse(database_url), settings, StorageMetrics()) as database:
        sleeping = asyncio.create_task(database.fetch("SELECT pg_sleep(0.1)", ()))
        while database.free:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
        following = asyncio.create_task(database.fetch("SELECT pg_sleep(1)", (), name="follows"))
        while not database.waiting:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
        states = database.open, database.most, database.free, database.waiting
        await sleeping
        with pytest.raises(UnavailableError):
            await database.fetch("SELECT 1", ())
        await following

    assert states == (1, 1, 0, 1)
    assert growth("ai_agent_pool_wait_seconds_count") == 2
    assert growth("ai_agent_statement_seconds_count", statement="follows") == 1
    assert growth("ai_agent_storage_unavailable_total") == 1


def test_a_connection_that_closes_while_the_pool_is_counted_does_not_fail_the_count() -> None:
    closing = iter([None, Database])

    assert asked_of_the_pool(lambda: len(next(closing).__name__)) == len("Database")  # type: ignore[union-attr]


async def test_what_is_tried_once_more_is_counted_by_cause(database_url: str, growth: Growth) -> None:
    async with Database.connect(
        DatabaseAddress.parse(database_url), PoolSettings(size=1), StorageMetrics()
    ) as database:
        with pytest.raises(UnavailableError):
            await database.fetch("SELECT pg_terminate_backend(pg_backend_pid())", ())

    assert growth("ai_agent_retries_total", cause="connection_lost") == 1


async def test_a_write_that_another_writer_was_faster_than_is_counted_as_a_retry(
    database_url: str, growth: Growth
) -> None:
    async with Database.connect(
        DatabaseAddress.parse(database_url), PoolSettings(size=1), StorageMetrics()
    ) as database:
        repository = PostgresConversationRepository(database)
        owner_id, conversation_id = await new_conversation(repository)
        decision = decide_append([NewMessage(role=Role.USER, content="Hello")], None)
        with pytest.raises(StateMovedError):
            await repository.append(owner_id, conversation_id, replace(decision, decided_on=frozenset({"call"})), None)

    assert growth("ai_agent_retries_total", cause="state_moved") == 1
    assert growth("ai_agent_messages_appended_total") == 0
