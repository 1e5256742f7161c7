"""Errors below /v1: OpenAI's envelope for every kind, and no advice to repeat what could be doubled."""

from http import HTTPStatus
from typing import Any

import httpx
import pytest
from litestar import post
from litestar.handlers import HTTPRouteHandler

from domain.errors import (
    CallNotOpenError,
    ConflictError,
    ConversationNotFoundError,
    MessageNotFoundError,
    OverloadedError,
    ReplyRunningError,
    ResponderFailedError,
    RoleNotAllowedError,
    RuleViolationError,
    UnavailableError,
)
from domain.quotas import TooManyConversationsError, TooManyMessagesError
from entrypoints.http.request import ApiRequest
from entrypoints.openai_api.errors import OPENAI_ERRORS
from entrypoints.openai_api.retries import IS_WRITE, charged_write
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.service import service_on


def told(answer: httpx.Response) -> tuple[int, str, str | None, str | None]:
    """Status, type, param and code of an error; its envelope has four keys, and the message says something."""
    body = answer.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"message", "type", "param", "code"}
    assert body["error"]["message"]
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, body["error"]["type"], body["error"]["param"], body["error"]["code"]


def raising(error: Exception) -> HTTPRouteHandler:
    @post("/v1/raises", exception_handlers=OPENAI_ERRORS.handlers)
    async def route() -> None:
        raise error

    return route


BAD, SERVER = "invalid_request_error", "server_error"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConversationNotFoundError(), (404, BAD, None, None)),
        (MessageNotFoundError(), (404, BAD, None, None)),
        (RoleNotAllowedError(), (403, BAD, None, "role_not_allowed")),
        (TooManyConversationsError(9), (403, BAD, None, "too_many_conversations")),
        (TooManyMessagesError(9), (403, BAD, None, "too_many_messages")),
        (RuleViolationError("metadata", "is too long"), (400, BAD, "metadata", "invalid_value")),
        (RuleViolationError("metadata", "is required"), (400, BAD, "metadata", "missing_required_parameter")),
        (RuleViolationError("messages", "is empty"), (400, BAD, "items", "invalid_value")),
        (RuleViolationError("x", "is not known"), (400, BAD, "x", "unknown_parameter")),
        (RuleViolationError("x", "is not valid: expected `str`"), (400, BAD, "x", "invalid_type")),
        (RuleViolationError("messages[1].item", "is too long"), (400, BAD, "items[1]", "invalid_value")),
        (CallNotOpenError("messages[0].tool_call_id", "is closed"), (400, BAD, "items[0].call_id", "call_not_open")),
        (ReplyRunningError(), (400, BAD, "conversation", "conversation_locked")),
        (ConflictError(), (409, BAD, None, "conflict")),
        (ResponderFailedError(), (502, SERVER, None, "responder_failed")),
        (OverloadedError(), (503, SERVER, None, "overloaded")),
        (UnavailableError(), (503, SERVER, None, "unavailable")),
        (ZeroDivisionError(), (500, SERVER, None, "internal_error")),
    ],
    ids=repr,
)
async def test_an_exception_is_told_as_openai_would(error: Exception, expected: tuple[Any, ...]) -> None:
    async with service_on(FakeWorld(), raising(error)) as client:
        answer = await client.post("/v1/raises")

    assert told(answer) == expected
    assert "X-Should-Retry" not in answer.headers
    assert answer.headers.get("Retry-After") == ("1" if answer.status_code == 503 else None)


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/nothing", "/v1/models/nothing", "/v1/models/", "/v1//models", "/v1/%6dodels"]
)
async def test_an_unknown_path_below_v1_has_the_envelope(path: str) -> None:
    async with service_on(FakeWorld()) as client:
        answer = await client.get(path)

    assert told(answer) == (404, BAD, None, None)
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize("path", ["/v10", "/v1x/models", "/api/nothing", "/nothing/v1"])
async def test_an_unknown_path_elsewhere_is_a_problem(path: str) -> None:
    async with service_on(FakeWorld()) as client:
        answer = await client.get(path)

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


async def test_a_method_that_a_path_does_not_have_is_told_in_the_envelope() -> None:
    async with service_on(FakeWorld()) as client:
        answer = await client.post("/v1/models")

    assert told(answer) == (405, BAD, None, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


async def test_a_key_that_is_no_session_is_an_authentication_error() -> None:
    async with service_on(FakeWorld()) as client:
        client.headers["Authorization"] = "Bearer sk-nothing"
        answer = await client.get("/v1/models")

    assert told(answer) == (401, BAD, None, "invalid_api_key")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@post("/v1/writes", opt={IS_WRITE: True}, exception_handlers=OPENAI_ERRORS.handlers)
async def writing_route(request: ApiRequest) -> str:
    async with charged_write(request, 1) as key:
        if key:
            return key.key
        raise UnavailableError


async def test_a_write_that_fails_without_a_key_is_not_to_be_repeated() -> None:
    async with service_on(FakeWorld(), writing_route) as client:
        failed = await client.post("/v1/writes")
        refused = await client.post("/v1/writes", headers={"Authorization": "Bearer sk-nothing"})

    assert [(one.status_code, one.headers["X-Should-Retry"]) for one in (failed, refused)] == [
        (503, "false"),
        (401, "false"),
    ]


async def test_a_retry_of_a_write_without_a_key_is_refused_and_with_a_key_is_not() -> None:
    async with service_on(FakeWorld(), writing_route) as client:
        client.headers["X-Stainless-Retry-Count"] = "1"
        blind = await client.post("/v1/writes")
        keyed = await client.post("/v1/writes", headers={"Idempotency-Key": "stainless-python-retry-1"})
        bad = await client.post("/v1/writes", headers={"Idempotency-Key": "no key"})

    assert told(blind) == (409, BAD, None, "retry_without_key")
    assert blind.headers["X-Should-Retry"] == "false"
    assert (keyed.status_code, keyed.json()) == (HTTPStatus.CREATED, "stainless-python-retry-1")
    assert told(bad) == (400, BAD, "Idempotency-Key", "invalid_value")
    assert "X-Should-Retry" not in bad.headers
