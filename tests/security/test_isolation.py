"""Responses for another owner's conversation are byte for byte those for a missing one."""

import json
from collections.abc import Callable

import httpx
import pytest

from tests.security.calls import CALLS, HELLO, call, missing_id, seen

VARIATIONS: dict[str, dict[str, str]] = {
    "as it is": {},
    "in a language": {"Accept-Language": "de, en;q=0.5"},
    "as XML": {"Accept": "application/xml"},
    "as an event stream": {"Accept": "text/event-stream"},
    "zipped": {"Accept-Encoding": "gzip"},
    "under a key": {"Idempotency-Key": "key-1"},
    "under a bad key": {"Idempotency-Key": "no key"},
    "if at the first": {"If-Match": '"1"'},
    "if stale": {"If-Match": '"7"'},
    "if at any": {"If-Match": "*"},
    "if at what is no ETag": {"If-Match": "x"},
    "if not matching": {"If-None-Match": '"1"'},
    "by another method": {"X-HTTP-Method-Override": "GET"},
    "from a page of ours": {"Origin": "http://app.test"},
    "as text": {"Content-Type": "text/plain"},
}


@pytest.mark.parametrize("headers", VARIATIONS.values(), ids=VARIATIONS.keys())
def test_anothers_conversation_answers_byte_for_byte_as_a_missing_one(
    new_client: Callable[[], httpx.Client], headers: dict[str, str]
) -> None:
    owner, stranger = new_client(), new_client()
    created = owner.post("/api/conversations", json={"messages": [HELLO]})
    anothers = created.json()["id"]
    before = seen(owner.get(f"/api/conversations/{anothers}"))

    for kind in CALLS:
        foreign = seen(call(stranger, anothers, kind, headers))

        assert foreign == seen(call(stranger, missing_id(), kind, headers)), kind
        assert foreign[0] in {404, 415, 422}, kind

    assert seen(owner.get(f"/api/conversations/{anothers}")) == before
    assert stranger.get("/api/conversations").json()["data"] == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff", b'{"x":1}', b'{"messages":[]}', b'{"messages":[{"role":"system","content":"x"}]}',
     b'{"title":" "}', b"[" * 100_000],
    ids=lambda content: repr(content[:40]),
)  # fmt: skip
@pytest.mark.parametrize(("method", "rest"), [("POST", "/messages"), ("PATCH", ""), ("PUT", ""), ("DELETE", "")])
def test_a_bad_body_does_not_tell_anothers_from_missing(
    new_client: Callable[[], httpx.Client], method: str, rest: str, content: bytes
) -> None:
    owner, stranger = new_client(), new_client()
    anothers = owner.post("/api/conversations", json={"messages": [HELLO]}).json()["id"]
    headers = {"Content-Type": "application/json"}

    foreign, missing = (
        seen(stranger.request(method, f"/api/conversations/{one}{rest}", content=content, headers=headers))
        for one in (anothers, missing_id())
    )

    assert foreign == missing
    assert foreign[0] >= 400
    assert owner.get(f"/api/conversations/{anothers}").json()["last_seq"] == 1


def test_a_key_of_anothers_is_free(new_client: Callable[[], httpx.Client]) -> None:
    owner, stranger = new_client(), new_client()
    key = {"Idempotency-Key": "shared-key"}
    theirs = owner.post("/api/conversations", json={"title": "theirs"}, headers=key)

    same = stranger.post("/api/conversations", json={"title": "theirs"}, headers=key)
    anothers = stranger.post("/api/conversations", json={"title": "other"}, headers={"Idempotency-Key": "shared-key-2"})

    assert [theirs.status_code, same.status_code, anothers.status_code] == [201, 201, 201]
    assert "Idempotent-Replayed" not in same.headers
    assert same.json()["id"] != theirs.json()["id"]


def test_an_export_has_nothing_of_another_owners(new_client: Callable[[], httpx.Client]) -> None:
    owner, stranger = new_client(), new_client()
    anothers = owner.post("/api/conversations", json={"messages": [HELLO]}).json()["id"]

    theirs, own = stranger.get("/api/export"), owner.get("/api/export")

    assert [json.loads(line)["type"] for line in theirs.content.splitlines()] == ["export", "end"]
    assert json.loads(theirs.content.splitlines()[0])["user_id"] == stranger.get("/api/me").json()["user_id"]
    assert own.text.count(anothers) == 2
