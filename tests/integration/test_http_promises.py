"""Promises over HTTP under concurrency: one key, one effect; seqs dense and in order; counted round trips."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrypoints.settings import Settings
from tests.support.at_once import at_once
from tests.support.counting_proxy import CountingProxy, counting_proxy
from tests.support.service import running_service, settings_for

HELLO = {"messages": [{"role": "user", "content": "hello"}]}


def test_32_writers_on_one_conversation_are_all_acknowledged_and_dense(client: httpx.Client) -> None:
    path = f"/api/conversations/{client.post('/api/conversations', json={}).json()['id']}/messages"

    answers = at_once(32, lambda n: client.post(path, json={"messages": [{"role": "user", "content": f"{n}"}] * 3}))

    assert {one.status_code for one in answers} == {201}
    runs = sorted([message["seq"] for message in one.json()["data"]] for one in answers)
    assert [seq for run in runs for seq in run] == list(range(1, 97))
    page = client.get(path, params={"limit": 200}).json()["data"]
    assert [one["seq"] for one in page] == list(range(1, 97))
    assert [one["created_at"] for one in page] == sorted(one["created_at"] for one in page)


def test_a_page_of_long_messages_is_short_and_says_that_there_are_more(client: httpx.Client) -> None:
    path = f"{client.post('/api/conversations', json={}).headers['Location']}/messages"
    for number in range(1, 8):
        long = {"role": "user", "content": f"{number}" * 1_000_000}
        client.post(path, json={"messages": [long]}).raise_for_status()

    first = client.get(path, params={"after": 0, "limit": 200}).json()
    rest = client.get(path, params={"after": 4, "limit": 200}).json()
    newest = client.get(path).json()

    assert [one["seq"] for one in first["data"]] == [1, 2, 3, 4]
    assert (first["has_more_before"], first["has_more_after"]) == (False, True)
    assert [one["seq"] for one in rest["data"]] == [5, 6, 7]
    assert (rest["has_more_before"], rest["has_more_after"]) == (True, False)
    assert [one["content"][0] for one in newest["data"]] == ["4", "5", "6", "7"]
    assert newest["has_more_before"] is True


def test_of_writers_that_follow_the_same_seq_one_succeeds(client: httpx.Client) -> None:
    created = client.post("/api/conversations", json=HELLO)
    path = f"{created.headers['Location']}/messages"

    answers = at_once(16, lambda _: client.post(path, json=HELLO, headers={"If-Match": created.headers["ETag"]}))

    assert created.headers["ETag"] == '"1"'
    assert sorted(one.status_code for one in answers) == [201] + [412] * 15
    stale = next(one for one in answers if one.status_code == 412).json()
    assert (stale["code"], stale["last_seq"]) == ("stale", 2)
    read = client.get(created.headers["Location"])
    assert (read.headers["ETag"], read.json()["last_seq"]) == ('"2"', 2)


@pytest.mark.parametrize(
    ("tags", "status"),
    [(["*"], 201), (['"1"'], 201), (['"0"'], 412), (["1"], 422), (['W/"1"'], 422), (['"1"', '"1"'], 422), ([""], 422)],
)
def test_if_match_is_one_strong_etag(client: httpx.Client, tags: list[str], status: int) -> None:
    path = client.post("/api/conversations", json=HELLO).headers["Location"]

    answer = client.post(f"{path}/messages", json=HELLO, headers=[("If-Match", tag) for tag in tags])

    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"][0]["field"] == "If-Match"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/conversations", {"title": "once", "metadata": {"b": 1, "a": 2}, **HELLO}, 201),
        ("/api/conversations", {}, 201),
        ("/api/conversations/{id}/messages", HELLO, 201),
        ("/api/chat", {"message": "hello"}, 200),
        ("/api/chat", {"message": "hello", "conversation_id": "{id}"}, 200),
    ],
)
def test_twenty_copies_at_once_have_one_effect_and_one_answer(
    client: httpx.Client, path: str, body: dict[str, Any], status: int
) -> None:
    conversation = client.post("/api/conversations", json={}).json()["id"]
    body = {name: conversation if value == "{id}" else value for name, value in body.items()}
    path = path.replace("{id}", conversation)
    before = client.get("/api/conversations").json()["data"]

    answers = at_once(20, lambda _: client.post(path, json=body, headers={"Idempotency-Key": "k-1"}))
    late = client.post(path, json=body, headers={"Idempotency-Key": '"k-1"'})

    assert {one.status_code for one in [*answers, late]} == {status}
    assert len({one.content for one in [*answers, late]}) == 1
    assert len({one.headers.get("Location") for one in [*answers, late]}) == 1
    assert sum("Idempotent-Replayed" not in one.headers for one in answers) == 1
    assert late.headers["Idempotent-Replayed"] == "true"
    after = client.get("/api/conversations").json()["data"]
    written = 2 if path == "/api/chat" else len(body.get("messages", []))
    assert sum(one["last_seq"] for one in after) - sum(one["last_seq"] for one in before) == written
    assert len(after) - len(before) == (path == "/api/conversations" or body.keys() == {"message"})


def test_a_replay_answers_as_the_first_time_though_the_conversation_went_on(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "k-1"}
    body = {"metadata": {"b": 1, "aa": 2}, **HELLO}
    first = client.post("/api/conversations", json=body, headers=key)
    path = first.headers["Location"]
    client.post(f"{path}/messages", json=HELLO)
    client.patch(path, json={"title": "renamed", "metadata": {"b": 7}, "archived": True})

    again = client.post("/api/conversations", json=body, headers=key)

    assert (again.status_code, again.content) == (first.status_code, first.content)


def test_a_key_stands_for_one_request(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "k-1"}
    path = client.post("/api/conversations", json={"title": "a"}, headers=key).headers["Location"]

    other_body = client.post("/api/conversations", json={"title": "b"}, headers=key)
    other_path = client.post(f"{path}/messages", json=HELLO, headers=key)

    assert {other_body.status_code, other_path.status_code} == {422}
    assert other_body.json()["code"] == other_path.json()["code"] == "idempotency_key_reused"
    assert other_body.json()["detail"] == "Idempotency-Key was used for another request"
    assert other_body.json()["errors"] == [{"field": "Idempotency-Key", "message": "was used for another request"}]
    assert client.get(path).json()["last_seq"] == 0


def test_a_key_is_its_owners_own(client: httpx.Client, new_client: Callable[[], httpx.Client]) -> None:
    key = {"Idempotency-Key": "k-1"}

    mine = client.post("/api/conversations", json={}, headers=key)
    theirs = new_client().post("/api/conversations", json={}, headers=key)

    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]


def test_a_refused_request_leaves_its_key_free(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "k-1"}

    refused = client.post("/api/conversations", json={"title": ""}, headers=key)
    missing = client.post(f"/api/conversations/conv_{'0' * 32}/messages", json=HELLO, headers=key)
    accepted = client.post("/api/conversations", json={"title": "fine"}, headers=key)

    assert (refused.status_code, missing.status_code, accepted.status_code) == (422, 404, 201)


@pytest.mark.parametrize("keys", [["a b"], ["x" * 129], [""], ['"'], ["a", "a"], ["é"]])
def test_a_key_of_another_form_is_refused(client: httpx.Client, keys: list[str]) -> None:
    headers = [(b"Idempotency-Key", key.encode()) for key in keys]

    answer = client.post("/api/conversations", json={}, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.fixture
def counted(settings: Settings, tmp_path: Path) -> Iterator[tuple[str, CountingProxy]]:
    """The service behind a proxy that counts its round trips to the database."""
    with (
        counting_proxy(settings.database_url, tmp_path) as (url, proxy),
        running_service(settings_for(url)) as address,
    ):
        yield address, proxy


def test_round_trips_are_few(counted: tuple[str, CountingProxy], new_token: Callable[[], str]) -> None:
    address, proxy = counted
    headers = {"Authorization": f"Bearer {new_token()}"}
    with httpx.Client(base_url=address, headers=headers) as client:
        path = client.post("/api/conversations", json=HELLO).headers["Location"]
        chat = {"message": "hello", "conversation_id": path.rpartition("/")[2]}

        def trips(method: str, where: str, **more: Any) -> int:
            client.request(method, where, **more)  # the first time prepares the statement
            proxy.reset()
            assert client.request(method, where, **more).is_success
            return proxy.round_trips

        counts = {
            "me": trips("GET", "/api/me"),
            "create": trips("POST", "/api/conversations", json=HELLO),
            "append": trips("POST", f"{path}/messages", json=HELLO),
            "history": trips("GET", f"{path}/messages"),
            "page": trips("GET", f"{path}/messages", params={"before": 2}),
            "read": trips("GET", path),
            "list": trips("GET", "/api/conversations"),
            "rename": trips("PATCH", path, json={"title": "x"}),
            "annotate": trips("PATCH", path, json={"metadata": {"x": 1}}),
            "chat": trips("POST", "/api/chat", json=chat),
        }

    assert counts == {
        "me": 1,
        "create": 2,
        "append": 2,
        "history": 2,
        "page": 2,
        "read": 2,
        "list": 2,
        "rename": 2,
        "annotate": 3,
        "chat": 3,
    }
