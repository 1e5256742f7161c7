"""Rate limits over HTTP: who is counted for what, what is refused, and what the refusal says."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, override

import httpx
import pytest

from application.running_replies import RunningReplies
from domain.ports.responder import Turn
from domain.reply_events import ReplyEvent
from entrypoints.app import make_app
from entrypoints.http import user_limits
from entrypoints.metrics.catalogue import LIMITS
from entrypoints.settings import Settings, SettingsError
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.others import ScriptedResponder
from tests.support.fakes.service import service_on

AGENT_KEY = "the-agent-key-of-this-test-which-is-long-enough"


@pytest.fixture(autouse=True)
def _held_for_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_limits, "HELD_SECONDS", 0.0)


def struck(limit: str) -> float:
    return LIMITS.series.get((limit,), [0])[0]


def items(number: int) -> dict[str, Any]:
    return {"items": [{"role": "user", "content": "Hello"}] * number}


def messages(number: int) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Hello"}] * number}


async def place_of(client: httpx.AsyncClient) -> str:
    return str((await client.post("/api/conversations", json={})).json()["id"])


async def test_a_user_who_asks_too_often_is_told_when_to_come_back() -> None:
    before = struck("user_requests")
    async with service_on(FakeWorld(), limit_user_requests=2, trusted_origins="https://app.test") as client:
        answers = [await client.get("/api/me", headers={"Origin": "https://app.test"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refusal = answers[-1]
    assert refusal.headers["Content-Type"] == "application/problem+json"
    assert refusal.json() == {
        "type": "urn:ai-agent:rate_limited",
        "title": "Rate limited",
        "status": 429,
        "detail": "Too many requests of this user; try again in 30 s.",
        "code": "rate_limited",
    }
    assert refusal.headers["Retry-After"] == "30"
    assert refusal.headers["RateLimit"] == '"user-requests";r=0;t=30'
    assert refusal.headers["RateLimit-Policy"] == '"user-requests";q=2;w=60'
    assert {"RateLimit", "RateLimit-Policy"} <= {*refusal.headers["Access-Control-Expose-Headers"].split(", ")}
    assert struck("user_requests") == before + 1


@pytest.mark.parametrize(("most", "status"), [(1, 503), (0, 429)])
async def test_a_refusal_is_held_unless_too_many_are(monkeypatch: pytest.MonkeyPatch, most: int, status: int) -> None:
    monkeypatch.setattr(user_limits, "HELD_SECONDS", 3600.0)
    monkeypatch.setattr(user_limits, "MOST_HELD", most)
    async with service_on(FakeWorld(), limit_user_requests=1, request_timeout=0.2) as client:
        answers = [(await client.get("/api/me")).status_code for _ in range(3)]

    assert answers == [200, status, status]  # 503: it is held until the deadline


async def test_below_v1_the_refusal_is_openais() -> None:
    async with service_on(FakeWorld(), limit_user_requests=1) as client:
        _, refusal = [await client.get("/v1/models") for _ in range(2)]

    assert (refusal.status_code, refusal.headers["Retry-After"]) == (429, "60")
    assert refusal.json()["error"] == {
        "message": "Too many requests of this user; try again in 60 s.",
        "type": "requests",
        "param": None,
        "code": "rate_limit_exceeded",
    }


async def test_an_address_is_refused_before_anybody_asks_who_it_is() -> None:
    world = FakeWorld()
    async with service_on(world, limit_address_requests=3) as client:
        answers = [
            await client.get("/api/me", headers={"Authorization": f"Bearer guess-{number}"}) for number in range(4)
        ]
        health = [(await client.get("/health/live")).status_code for _ in range(4)]
        page, models = await client.get("/api/nowhere"), await client.get("/v1/models")

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert answers[-1].headers["RateLimit-Policy"] == '"address-requests";q=3;w=60'
    assert answers[-1].headers["X-Content-Type-Options"] == "nosniff"
    assert health == [200] * 4
    assert (page.status_code, models.status_code, models.json()["error"]["code"]) == (429, 429, "rate_limit_exceeded")


async def test_preflights_are_not_counted() -> None:
    preflight = {"Origin": "https://app.test", "Access-Control-Request-Method": "POST"}
    async with service_on(FakeWorld(), limit_address_requests=1, trusted_origins="https://app.test") as client:
        asked = [(await client.options("/api/chat", headers=preflight)).status_code for _ in range(3)]
        first = await client.get("/api/me")

    assert (asked, first.status_code) == ([204] * 3, 200)


async def test_addresses_behind_a_trusted_proxy_are_told_apart() -> None:
    settings = Settings(
        database_url="postgresql://nowhere", auth_cookies=False, limit_address_requests=1, trusted_proxies="10.0.0.0/8"
    )
    app: Any = make_app(settings)
    through_the_proxy = httpx.ASGITransport(app, client=("10.0.0.1", 1))
    async with httpx.AsyncClient(transport=through_the_proxy, base_url="http://service.test") as client:
        answers = [
            await client.get("/nowhere", headers={"X-Forwarded-For": address})
            for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1")
        ]

    assert [answer.status_code for answer in answers] == [404, 404, 429]


async def test_an_agent_runtime_counts_by_the_user_for_whom_it_acts() -> None:
    world = FakeWorld()
    world.owners.users |= {"ann", "ben"}
    given: dict[str, Any] = {"agent_keys": AGENT_KEY, "limit_address_requests": 1, "limit_user_requests": 2}
    async with service_on(world, **given) as client:
        del client.headers["Authorization"]
        headers = [{"X-Agent-Key": AGENT_KEY, "X-Owner-Id": owner} for owner in ("ann", "ann", "ann", "ben")]
        known = [(await client.get("/api/me", headers=one)).status_code for one in headers]
        guessed = [(await client.get("/api/me", headers={"X-Agent-Key": "no"})).status_code for _ in range(2)]

    assert known == [200, 200, 429, 200]
    assert guessed == [401, 429]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/conversations", messages(100)),
        ("/api/conversations/{place}/messages", messages(100)),
        ("/v1/conversations", items(100)),
        ("/v1/conversations/{place}/items", items(100)),
        ("/v1/responses", {"model": "echo", "input": items(100)["items"], "background": True}),
    ],
)
async def test_the_largest_append_fits_once_and_the_next_one_is_refused_and_not_written(
    path: str, body: dict[str, Any]
) -> None:
    world = FakeWorld()
    async with service_on(world, limit_user_messages=1) as client:
        address = path.format(place=await place_of(client))
        answers = [await client.post(address, json=body) for _ in range(2)]
        listed = (await client.get("/api/conversations")).json()["data"]

    assert [answer.status_code < 300 for answer in answers] == [True, False]
    assert answers[1].status_code == 429
    assert answers[1].headers["RateLimit-Policy"] == '"user-messages";q=100;w=6000'
    assert sum(one["last_seq"] for one in listed) <= 102
    assert len(listed) == (1 if "{place}" in path else 2)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/chat", {"message": "Hello"}),
        ("/v1/chat/completions", {"model": "echo", "messages": [{"role": "user", "content": "Hello"}]}),
        ("/v1/responses", {"model": "echo", "input": "Hello"}),
    ],
)
async def test_each_way_to_say_something_is_counted(path: str, body: dict[str, Any]) -> None:
    async with service_on(FakeWorld(), limit_user_messages=1) as client:
        place = await place_of(client)
        await client.post(f"/api/conversations/{place}/messages", json=messages(99))
        named = {"X-Conversation-Id": place}
        answers = [(await client.post(path, json=body, headers=named)).status_code for _ in range(2)]

    assert answers == [200, 429]


async def test_bytes_are_counted_too_and_a_refusal_counts_nothing() -> None:
    long = {"messages": [{"role": "user", "content": "x" * 600_000}]}
    async with service_on(FakeWorld(), limit_user_bytes=1, limit_user_messages=1) as client:
        address = f"/api/conversations/{await place_of(client)}/messages"
        answers = [(await client.post(address, json=long)) for _ in range(3)]
        short = await client.post(address, json=messages(99))

    assert [answer.status_code for answer in answers] == [201, 429, 429]
    assert answers[1].headers["RateLimit-Policy"].startswith('"user-bytes";q=1048576;qu="content-bytes";w=')
    assert short.status_code == 201


async def test_a_write_that_fails_is_not_refunded() -> None:
    nowhere = f"/api/conversations/conv_{'0' * 32}/messages"
    async with service_on(FakeWorld(), limit_user_messages=1) as client:
        answers = [(await client.post(nowhere, json=messages(60))).status_code for _ in range(2)]

    assert answers == [404, 429]


async def test_a_replayed_write_counts_as_a_request_alone() -> None:
    key = {"Idempotency-Key": "once"}
    async with service_on(FakeWorld(), limit_user_messages=1) as client:
        address = f"/api/conversations/{await place_of(client)}/messages"
        answers = [await client.post(address, json=messages(50), headers=key) for _ in range(4)]
        more = await client.post(address, json=messages(50))

    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, "true", "true", "true"]
    assert more.status_code == 201


class _SlowResponder(ScriptedResponder):
    def __init__(self) -> None:
        super().__init__("Hi")
        self.may_go_on = asyncio.Event()

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        await self.may_go_on.wait()
        async for event in super().reply(turn):
            yield event


async def test_replies_at_once_are_limited_for_each_user_and_a_retry_finds_its_own() -> None:
    before, responder = struck("user_replies"), _SlowResponder()
    world = FakeWorld(responder=responder, replies=RunningReplies(most_of_owner=1, grace=0))
    world.owners.users |= {"ben"}
    key, said = {"Idempotency-Key": "first"}, {"message": "Hello"}
    async with service_on(world, request_timeout=0.5, agent_keys=AGENT_KEY) as client:
        begun = await client.post("/api/chat", json=said, headers=key)
        refused = await client.post("/api/chat", json=said)
        unkept = await client.post(
            "/v1/chat/completions", json={"model": "echo", "messages": [{"role": "user", "content": "Hello"}]}
        )
        found = await client.post("/api/chat", json=said, headers=key)
        other = await client.post(
            "/api/chat", json=said, headers={"X-Agent-Key": AGENT_KEY, "X-Owner-Id": "ben", "Authorization": ""}
        )
        responder.may_go_on.set()
        await client.get(begun.headers["Location"])
        last = await client.post("/api/chat", json=said)

    assert (begun.status_code, found.status_code, found.headers["Idempotent-Replayed"]) == (202, 202, "true")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_replies")
    assert (refused.headers["Retry-After"], refused.headers["RateLimit"]) == ("1", '"user-replies";r=0')
    assert refused.headers["RateLimit-Policy"] == '"user-replies";q=1;qu="concurrent-requests"'
    assert (unkept.status_code, unkept.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert (other.status_code, last.status_code) == (202, 200)
    assert struck("user_replies") == before + 2


async def test_zero_is_no_limit() -> None:
    off = dict.fromkeys(["limit_address_requests", "limit_user_requests", "limit_user_messages", "limit_user_bytes"], 0)
    async with service_on(FakeWorld(), **off) as client:
        address = f"/api/conversations/{await place_of(client)}/messages"
        answers = [(await client.post(address, json=messages(1))).status_code for _ in range(5)]

    assert answers == [201] * 5


def test_proxies_that_are_no_addresses_stop_the_start() -> None:
    settings = Settings(database_url="postgresql://nowhere", auth_cookies=False, trusted_proxies="my-proxy")

    with pytest.raises(SettingsError, match=r"^TRUSTED_PROXIES must be addresses and networks"):
        make_app(settings)
