"""Cookies over HTTP, and what the browsers of other sites may do with them."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from tests.support.service import SECRET

NAME = "better-auth.session_token"
TRUSTED = "http://app.test"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


@pytest.fixture
def cookie(new_token: Callable[[], str]) -> str:
    """A session cookie, as better-auth sets it."""
    token = new_token()
    signature = hmac.digest(SECRET.encode(), token.encode(), hashlib.sha256)
    return f"{NAME}={quote(f'{token}.{base64.b64encode(signature).decode()}', safe='')}"


def test_a_signed_cookie_reads_and_from_a_trusted_origin_writes(anonymous: httpx.Client, cookie: str) -> None:
    read = anonymous.get("/api/me", headers={"Cookie": cookie})
    written = anonymous.post(
        "/api/chat", json={"message": "hello"}, headers={"Cookie": f"theme=dark; {cookie}", "Origin": TRUSTED}
    )

    assert (read.status_code, written.status_code) == (200, 200)


@pytest.mark.parametrize("origin", [None, "null", "http://evil.test", "http://app.test.evil.test", "https://app.test"])
def test_from_any_other_origin_nothing_is_changed(anonymous: httpx.Client, cookie: str, origin: str | None) -> None:
    headers = {"Cookie": cookie} | ({"Origin": origin} if origin else {})

    answers = [
        anonymous.post("/api/chat", json={"message": "hello"}, headers=headers),
        anonymous.post("/api/conversations", json={}, headers=headers),
        anonymous.patch(f"/api/conversations/conv_{'0' * 32}", json={}, headers=headers),
        anonymous.delete(f"/api/conversations/conv_{'0' * 32}", headers=headers),
    ]

    assert {(one.status_code, one.json()["code"]) for one in answers} == {(403, "origin_not_allowed")}
    assert anonymous.get("/api/conversations", headers={"Cookie": cookie}).json()["data"] == []


def test_an_unproven_cookie_from_an_evil_origin_is_told_nothing_of_origins(anonymous: httpx.Client) -> None:
    headers = {"Cookie": f"{NAME}={'x' * 32}", "Origin": "http://evil.test"}

    assert anonymous.post("/api/chat", json={"message": "hello"}, headers=headers).status_code == 401


def test_a_bearer_needs_no_origin(anonymous: httpx.Client, new_token: Callable[[], str], cookie: str) -> None:
    headers = {"Authorization": f"Bearer {new_token()}", "Cookie": cookie, "Origin": "http://evil.test"}

    assert anonymous.post("/api/chat", json={"message": "hello"}, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/api/chat", "/api/conversations/x/messages", "/nothing"])
def test_a_preflight_of_a_trusted_origin_is_granted_without_a_session(anonymous: httpx.Client, path: str) -> None:
    answer = anonymous.options(path, headers={"Origin": TRUSTED, **PREFLIGHT})

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == TRUSTED
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert {"POST", "PATCH", "DELETE"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type", "idempotency-key", "last-event-id"} <= set(allowed)
    assert {"traceparent", "tracestate"} <= set(allowed)
    assert {"openai-organization", "user-agent", "x-conversation-id", "x-stainless-lang"} <= set(allowed)
    assert "x-agent-key" not in allowed
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://app.test/"])
def test_a_preflight_of_another_origin_is_granted_nothing(anonymous: httpx.Client, origin: str) -> None:
    answer = anonymous.options("/api/chat", headers={"Origin": origin, **PREFLIGHT})

    assert answer.status_code == 204
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("path", ["/api/me", "/api/nothing", "/health/live", "/openapi.json"])
def test_scripts_of_trusted_origins_alone_may_read_every_answer(anonymous: httpx.Client, path: str) -> None:
    trusted = anonymous.get(path, headers={"Origin": TRUSTED})
    other = anonymous.get(path, headers={"Origin": "http://evil.test"})
    none = anonymous.get(path)

    assert trusted.headers["Access-Control-Allow-Origin"] == TRUSTED
    assert "Idempotent-Replayed" in trusted.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in other.headers
    assert {one.headers["Vary"] for one in (trusted, other, none)} == {"Origin"}


def test_options_that_is_no_preflight_needs_a_session(anonymous: httpx.Client) -> None:
    assert anonymous.options("/api/chat", headers={"Origin": TRUSTED}).status_code == 401


def test_refusals_are_counted_in_the_log_by_their_cause_without_the_credential(
    anonymous: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    canary = "canary" * 6
    signature = "A" * 43 + "="

    for _ in range(5):
        anonymous.get("/api/me", headers={"Cookie": f"{NAME}={canary}.{signature}"})
        anonymous.get("/api/me", headers={"Cookie": f"__Secure-{NAME}={canary}.{signature}"})
        anonymous.get("/api/me", headers={"Authorization": f"Bearer {canary}"})

    causes = {record.args[1] for record in caplog.records if isinstance(record.args, tuple) and len(record.args) == 2}
    assert causes <= {"bad_signature", "cookie_of_another_name", "unknown_session"}
    assert len([record for record in caplog.records if record.name.endswith("authentication")]) <= 12
    assert canary not in caplog.text
