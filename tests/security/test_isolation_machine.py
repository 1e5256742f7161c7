"""Three users at once, who ask mostly for each other's data: each sees exactly their own."""

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

import httpx
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

from tests.security.calls import call, missing_id, seen
from tests.support.service import AGENT_KEY

USERS = st.integers(0, 2)
AWAY = st.sampled_from([1, 2, 0])
"""How far from the owner the one who asks is: two times in three it is another."""
TEXTS = st.text("abc\u202e\U0001f600", min_size=1, max_size=5)
SEEDED = settings(
    max_examples=10,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def there(texts: list[str | None]) -> list[str]:
    """Those that are not removed."""
    return [text for text in texts if text is not None]


class Isolation(RuleBasedStateMachine):
    """Users that call everything, mostly with ids of others; a dictionary for each tells what they should see."""

    new_client: Callable[[int], httpx.Client]
    figures: ClassVar[Counter[str]]
    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.clients = [self.new_client(user) for user in range(3)]
        self.kept: list[dict[str, dict[str, Any]]] = [{}, {}, {}]
        self.owners: dict[str, int] = {}

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
        self.owners[made] = user
        self.kept[user][made] = {"title": title, "texts": [], "archived": False}
        return made

    def who(self, conversation_id: str, away: int) -> int:
        return (self.owners[conversation_id] + away) % 3

    def ask(self, user: int, conversation_id: str, kind: tuple[str, str, Any]) -> Any:
        """The answer to the owner; None if it is another's, which has been compared with a missing one."""
        answer = call(self.clients[user], conversation_id, kind)
        self.figures["steps"] += 1
        if conversation_id in self.kept[user]:
            assert answer.status_code < 300, answer.text
            return answer.json() if answer.content else {}
        self.figures["steps on another's"] += 1
        assert answer.status_code == 404
        assert seen(answer) == seen(call(self.clients[user], missing_id(), kind))
        return None

    @rule(away=AWAY, one=ids, texts=st.lists(TEXTS, min_size=1, max_size=3))
    def append(self, away: int, one: str, texts: list[str]) -> None:
        user = self.who(one, away)
        body = {"messages": [{"role": "user", "content": text} for text in texts]}
        if written := self.ask(user, one, ("POST", "/messages", body)):
            assert [message["content"] for message in written["data"]] == texts
            self.kept[user][one]["texts"] += texts

    @rule(away=AWAY, one=ids, text=TEXTS)
    def chat(self, away: int, one: str, text: str) -> None:
        user = self.who(one, away)
        if turn := self.ask(user, one, ("CHAT", "", {"message": text})):
            self.kept[user][one]["texts"] += [text, turn["response"]]

    @rule(away=AWAY, one=ids, title=TEXTS, archived=st.booleans())
    def change(self, away: int, one: str, title: str, *, archived: bool) -> None:
        user = self.who(one, away)
        if self.ask(user, one, ("PATCH", "", {"title": title, "archived": archived})) is not None:
            self.kept[user][one] |= {"title": title, "archived": archived}

    @rule(away=AWAY, one=ids)
    def read(self, away: int, one: str) -> None:
        user = self.who(one, away)
        if found := self.ask(user, one, ("GET", "", None)):
            kept = self.kept[user][one]
            assert (found["title"], found["archived"]) == (kept["title"], kept["archived"])
            assert [message["content"] for message in found["messages"]] == there(kept["texts"])[-50:]

    @rule(away=AWAY, one=ids, anchor=st.integers(0, 4))
    def page(self, away: int, one: str, anchor: int) -> None:
        user = self.who(one, away)
        if found := self.ask(user, one, ("GET", f"/messages?after={anchor}&limit=200", None)):
            texts = there(self.kept[user][one]["texts"][anchor:])
            assert [message["content"] for message in found["data"]] == texts[:200]

    @rule(away=AWAY, one=ids)
    def read_context(self, away: int, one: str) -> None:
        user = self.who(one, away)
        if found := self.ask(user, one, ("GET", "/context", None)):
            assert [message["content"] for message in found["messages"]] == there(self.kept[user][one]["texts"])

    @rule(away=AWAY, one=ids)
    def read_message(self, away: int, one: str) -> None:
        user = self.who(one, away)
        if self.has_first(user, one) and (found := self.ask(user, one, ("GET", "/messages/{message}", None))):
            assert found["content"] == self.kept[user][one]["texts"][0]

    @rule(away=AWAY, one=ids)
    def remove_message(self, away: int, one: str) -> None:
        user = self.who(one, away)
        if self.has_first(user, one) and self.ask(user, one, ("DELETE", "/messages/{message}", None)) is not None:
            self.kept[user][one]["texts"][0] = None

    def has_first(self, user: int, one: str) -> bool:
        """Whether the user has the conversation's first message, or does not have the conversation."""
        return self.kept[user].get(one, {"texts": [""]})["texts"][:1] not in ([], [None])

    @rule(away=AWAY, one=ids)
    def delete_of_anybody(self, away: int, one: str) -> None:
        user = self.who(one, away)
        if self.ask(user, one, ("DELETE", "", None)) is not None:
            del self.kept[user][one]

    @rule(away=st.sampled_from([1, 2]), one=ids)
    def delete_of_another(self, away: int, one: str) -> None:
        user = self.who(one, away)
        if one not in self.kept[user]:
            self.ask(user, one, ("DELETE", "", None))

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
    def new_client(user: int) -> httpx.Client:
        """User 0 has a session; for user 1 an agent acts beside the session, and for user 2 without one."""
        client = httpx.Client(base_url=service, headers={"Authorization": f"Bearer {new_token()}"}, timeout=30)
        if user:
            client.headers["X-Agent-Key"] = AGENT_KEY
        if user == 2:
            client.headers["X-Owner-Id"] = client.get("/api/me").json()["user_id"]
            del client.headers["Authorization"]
        return client

    class Here(Isolation):
        figures: ClassVar[Counter[str]] = Counter()

    Here.new_client = staticmethod(new_client)

    run_state_machine_as_test(Here, settings=SEEDED)

    print(dict(Here.figures))  # noqa: T201 - shown with -s
    assert Here.figures["steps on another's"] >= 50
