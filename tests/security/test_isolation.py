"""Three users at once: each sees exactly what is theirs, and another's is not told apart from what is missing."""

import secrets
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

HELLO = {"role": "user", "content": "hello"}
USERS = st.integers(0, 2)
TEXTS = st.text("abc\u202e\U0001f600", min_size=1, max_size=5)


def missing_id() -> str:
    return f"conv_{secrets.token_hex(16)}"


def message_id(conversation_id: str, seq: int) -> str:
    return f"msg_{conversation_id.removeprefix('conv_')}{seq:08x}"


def seen(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """The whole answer, but for what differs between any two."""
    headers = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in _VARYING]
    return answer.status_code, headers, answer.content


_VARYING = {b"date", b"x-request-id"}

CALLS: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("PATCH", "", {"title": "t"}),
    ("PATCH", "", {"metadata": {"a": 1}, "archived": True}),
    ("PATCH", "", {}),
    ("DELETE", "", None),
    ("GET", "/messages", None),
    ("GET", "/messages?before=2", None),
    ("GET", "/messages?after=0&limit=200", None),
    ("GET", "/messages?around=1", None),
    ("GET", "/messages/{message}", None),
    ("POST", "/messages", {"messages": [HELLO]}),
    ("CHAT", "", {"message": "hello"}),
]
"""Everything that takes the id of a conversation: method, what follows the id, body."""


def call(
    client: httpx.Client, conversation_id: str, kind: tuple[str, str, Any], headers: dict[str, str] | None = None
) -> httpx.Response:
    method, rest, body = kind
    content = None if body is None else {"json": body}
    if method == "CHAT":
        return client.post("/api/chat", json={**body, "conversation_id": conversation_id}, headers=headers)
    path = f"/api/conversations/{conversation_id}{rest.format(message=message_id(conversation_id, 1))}"
    return client.request(method, path, headers=headers, **(content or {}))


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
    ids=repr,
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


class Isolation(RuleBasedStateMachine):
    """Users that call everything, mostly with ids of others; a dictionary for each tells what they should see."""

    new_client: Callable[[], httpx.Client]
    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.clients = [self.new_client() for _ in range(3)]
        self.kept: list[dict[str, dict[str, Any]]] = [{}, {}, {}]

    def teardown(self) -> None:
        for client in self.clients:
            client.close()

    @initialize(target=ids, title=TEXTS)
    def begin(self, title: str) -> str:
        return self.create(0, title)

    @rule(target=ids, user=USERS, title=TEXTS)
    def create_one(self, user: int, title: str) -> str:
        return self.create(user, title)

    def create(self, user: int, title: str) -> str:
        answer = self.clients[user].post("/api/conversations", json={"title": title})
        assert answer.status_code == 201
        made: str = answer.json()["id"]
        assert not any(made in kept for kept in self.kept)
        self.kept[user][made] = {"title": title, "texts": [], "archived": False}
        return made

    def ask(self, user: int, conversation_id: str, kind: tuple[str, str, Any]) -> Any:
        """The answer to the owner; None if it is another's, which has been compared with a missing one."""
        answer = call(self.clients[user], conversation_id, kind)
        if conversation_id in self.kept[user]:
            assert answer.status_code < 300, answer.text
            return answer.json() if answer.content else {}
        assert answer.status_code == 404
        assert seen(answer) == seen(call(self.clients[user], missing_id(), kind))
        return None

    @rule(user=USERS, one=ids, texts=st.lists(TEXTS, min_size=1, max_size=3))
    def append(self, user: int, one: str, texts: list[str]) -> None:
        body = {"messages": [{"role": "user", "content": text} for text in texts]}
        if written := self.ask(user, one, ("POST", "/messages", body)):
            assert [message["content"] for message in written["data"]] == texts
            self.kept[user][one]["texts"] += texts

    @rule(user=USERS, one=ids, text=TEXTS)
    def chat(self, user: int, one: str, text: str) -> None:
        if turn := self.ask(user, one, ("CHAT", "", {"message": text})):
            self.kept[user][one]["texts"] += [text, turn["response"]]

    @rule(user=USERS, one=ids, title=TEXTS, archived=st.booleans())
    def change(self, user: int, one: str, title: str, *, archived: bool) -> None:
        if self.ask(user, one, ("PATCH", "", {"title": title, "archived": archived})) is not None:
            self.kept[user][one] |= {"title": title, "archived": archived}

    @rule(user=USERS, one=ids)
    def read(self, user: int, one: str) -> None:
        if found := self.ask(user, one, ("GET", "", None)):
            kept = self.kept[user][one]
            assert (found["title"], found["archived"]) == (kept["title"], kept["archived"])
            assert [message["content"] for message in found["messages"]] == kept["texts"][-50:]

    @rule(user=USERS, one=ids, anchor=st.integers(0, 4))
    def page(self, user: int, one: str, anchor: int) -> None:
        if found := self.ask(user, one, ("GET", f"/messages?after={anchor}&limit=200", None)):
            assert [message["content"] for message in found["data"]] == self.kept[user][one]["texts"][anchor:][:200]

    @rule(user=USERS, one=ids)
    def read_message(self, user: int, one: str) -> None:
        if self.kept[user].get(one, {"texts": [0]})["texts"] and (
            found := self.ask(user, one, ("GET", "/messages/{message}", None))
        ):
            assert found["content"] == self.kept[user][one]["texts"][0]

    @rule(user=USERS, one=ids)
    def delete_of_anybody(self, user: int, one: str) -> None:
        if self.ask(user, one, ("DELETE", "", None)) is not None:
            del self.kept[user][one]

    @rule(one=consumes(ids))
    def delete_own(self, one: str) -> None:
        for user in range(3):
            if one in self.kept[user]:
                self.ask(user, one, ("DELETE", "", None))
                del self.kept[user][one]

    @invariant()
    def each_lists_exactly_their_own(self) -> None:
        for client, kept in zip(self.clients, self.kept, strict=True):
            listed = [
                one
                for archived in ("true", "false")
                for one in client.get("/api/conversations", params={"limit": 100, "archived": archived}).json()["data"]
            ]
            assert {one["id"]: (one["title"], one["archived"], one["last_seq"]) for one in listed} == {
                name: (one["title"], one["archived"], len(one["texts"])) for name, one in kept.items()
            }
            assert len(listed) == len(kept)


def test_each_of_three_users_sees_exactly_their_own(service: str, new_token: Callable[[], str]) -> None:
    class Here(Isolation):
        new_client = staticmethod(
            lambda: httpx.Client(base_url=service, headers={"Authorization": f"Bearer {new_token()}"}, timeout=30)
        )

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=8,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
