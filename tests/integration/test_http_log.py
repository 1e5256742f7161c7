"""Each request has one line in the log, which tells how it was answered and nothing of what was said."""

import json
import logging
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from entrypoints.logs.requests import RequestRecord, told_of
from entrypoints.server.limits import Limits
from entrypoints.server.reading import GuardedProtocol
from entrypoints.settings import Settings
from tests.support.raw_http import Connection
from tests.support.service import AGENT_KEY, running_service
from tests.support.waiting import eventually

type Logged = Callable[[], list[dict[str, Any]]]


class QuickProtocol(GuardedProtocol):
    """With deadlines that a test can wait for."""

    limits = Limits(head_seconds=0.4, body_seconds=0.4)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[Logged]:
    """What was logged of requests since the last time, once there is something."""
    with caplog.at_level(logging.INFO):

        def news() -> list[dict[str, Any]]:
            assert eventually(lambda: any(isinstance(one, RequestRecord) for one in caplog.records))
            found = [told_of(one.line) for one in caplog.records if isinstance(one, RequestRecord)]
            caplog.clear()
            return found

        yield news


def test_a_request_is_logged_with_its_route_and_its_user(client: httpx.Client, logged: Logged) -> None:
    client.headers["X-Request-Id"] = "request-1"
    user_id = client.get("/api/me").json()["user_id"]
    logged()
    path = client.post("/api/conversations", json={"title": "Secret"}).headers["Location"]
    logged()

    response = client.get(f"{path}/messages", params={"limit": 7})

    (line,) = logged()
    duration, written = line.pop("duration_ms"), line.pop("bytes")
    assert line == {
        "request_id": "request-1",
        "method": "GET",
        "route": "/api/conversations/{conversation_id}/messages",
        "status": 200,
        "user_id": user_id,
    }
    assert 0 < duration < 60_000
    assert len(response.content) < written < len(response.content) + 2000


@pytest.mark.parametrize(
    ("method", "path", "status", "route"),
    [
        ("HEAD", "/api/me", 200, "/api/me"),
        ("GET", "/no/such/path", 404, None),
        ("GET", "/api//me", 404, None),
        ("PUT", "/api/me", 405, None),
        ("OPTIONS", "/api/me", 204, "/api/me"),
        ("GET", "/health/live", 200, "/health/live"),
    ],
)
def test_what_meets_no_route_is_logged_without_its_path(
    client: httpx.Client, logged: Logged, method: str, path: str, status: int, route: str | None
) -> None:
    client.request(method, path)

    (line,) = logged()
    assert (line["method"], line["status"], line["route"]) == (method, status, route)


def test_a_request_that_is_refused_a_session_is_logged_without_a_user(service: str, logged: Logged) -> None:
    httpx.get(f"{service}/api/me")

    (line,) = logged()
    assert (line["route"], line["status"], line["user_id"]) == ("/api/me", 401, None)


def test_the_user_is_the_one_that_an_agent_acts_for(client: httpx.Client, logged: Logged) -> None:
    user_id = client.get("/api/me").json()["user_id"]
    logged()

    client.get("/api/me", headers={"X-Agent-Key": AGENT_KEY, "X-Owner-Id": user_id, "Authorization": ""})

    (line,) = logged()
    assert line["user_id"] == user_id


def test_a_stream_has_one_line_at_its_end(client: httpx.Client, logged: Logged) -> None:
    with client.stream("POST", "/api/chat", json={"message": "word " * 50, "stream": True}) as response:
        size = len(response.read())

    (line,) = logged()
    assert (line["route"], line["status"], "is_complete" in line) == ("/api/chat", 200, False)
    assert line["bytes"] > size


def test_a_stream_that_its_client_leaves_is_logged_as_one_that_is_not_complete(
    settings: Settings, new_token: Callable[[], str], logged: Logged
) -> None:
    slow = Settings(**{name: getattr(settings, name) for name in settings.__struct_fields__} | {"echo_delay": 1.0})
    with running_service(slow) as address:
        headers = {"Authorization": f"Bearer {new_token()}"}
        logged()
        body = {"message": "word " * 50, "stream": True}
        with httpx.stream("POST", f"{address}/api/chat", json=body, headers=headers) as response:
            next(response.iter_lines())

        (line,) = logged()
        assert (line["route"], line["status"], line["is_complete"]) == ("/api/chat", 200, False)


GET = b"GET /api/me HTTP/1.1\r\nHost: x\r\n"
REFUSED = [
    (b"GET /api/me HTTP/9.9\r\nHost: x\r\n\r\n", HTTPStatus.BAD_REQUEST, None),
    (GET + b"Host: y\r\n\r\n", HTTPStatus.BAD_REQUEST, "GET"),
    (b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", HTTPStatus.REQUEST_URI_TOO_LONG, "GET"),
    (GET + b"X: y\r\n" * 100 + b"\r\n", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "GET"),
    (GET, HTTPStatus.REQUEST_TIMEOUT, None),
]


@pytest.mark.parametrize(("sent", "status", "method"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_request_that_the_server_refuses_is_logged(
    settings: Settings, logged: Logged, sent: bytes, status: HTTPStatus, method: str | None
) -> None:
    with running_service(settings, QuickProtocol) as address, Connection(address) as connection:
        logged()
        connection.send(sent)
        answer = connection.receive()

        lines = [line for line in logged() if line["status"] == status]

    assert answer is not None
    assert [(line["method"], line["route"], line["user_id"]) for line in lines] == [(method, None, None)]
    assert json.dumps(lines).count(answer.headers["x-request-id"]) == 1


def test_a_request_whose_body_does_not_come_is_logged_once_as_it_was_refused(
    settings: Settings, new_token: Callable[[], str], logged: Logged
) -> None:
    with running_service(settings, QuickProtocol) as address, Connection(address) as connection:
        logged()
        head = f"POST /api/chat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {new_token()}\r\n"
        connection.send(f"{head}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n".encode())
        answer = connection.receive()

        (line,) = logged()

    assert answer is not None
    assert (line["method"], line["route"], line["status"]) == ("POST", "/api/chat", HTTPStatus.REQUEST_TIMEOUT)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["user_id"] is not None
