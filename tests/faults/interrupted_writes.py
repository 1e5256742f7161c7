"""A write whose connection to the database is cut at each message of the protocol in turn, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import httpx

from tests.faults.protocol_proxy import Cut, ProtocolProxy

_MOST_STEPS: Final = 60
_MOST_RETRIES: Final = 20
_HELLO: Final = {"messages": [{"role": "user", "content": "hello"}]}

type Effect = list[tuple[str | None, list[str]]]
"""The conversations that a trial leaves: their titles and messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A request; ``{id}`` stands for a conversation that is made for it. Without a key it is not sent again."""

    method: str = "POST"
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    effect: Effect
    has_key: bool = True


WRITES: Final[Mapping[str, Write]] = {
    "create": Write(path="/api/conversations", body=_HELLO, effect=[("hello", ["hello"])]),
    "append": Write(path="/api/conversations/{id}/messages", body=_HELLO, effect=[("hello", ["hello"])]),
    "append without a key": Write(
        path="/api/conversations/{id}/messages", body=_HELLO, effect=[("hello", ["hello"])], has_key=False
    ),
    "chat": Write(
        path="/api/chat",
        body={"message": "hello", "conversation_id": "{id}"},
        effect=[("hello", ["hello", "Echo: hello"])],
    ),
    "chat in a new conversation": Write(
        path="/api/chat", body={"message": "hello"}, effect=[("hello", ["hello", "Echo: hello"])]
    ),
    "rename": Write(
        method="PATCH", path="/api/conversations/{id}", body={"title": "renamed"}, effect=[("renamed", [])]
    ),
    "delete": Write(method="DELETE", path="/api/conversations/{id}", effect=[]),
}


def cut_at_every_step(
    what: str, client: httpx.Client, proxy: ProtocolProxy, *, is_warm: bool, forwards: bool, stays: bool
) -> tuple[list[str], int]:
    """What went wrong, and how many messages the write has; ``is_warm``: its connection is open already."""
    wrong: list[str] = []
    for step in count(1):
        trial = _Trial(what, client, step)
        if is_warm:
            _append(client, step)
        else:
            proxy.break_all()
        proxy.arm(Cut(at=step, forwards=forwards, stays=stays))
        trial.send()
        was_cut = proxy.mend()
        trial.insist()
        wrong += [f"step {step}: {complaint}" for complaint in trial.complaints()]
        if not was_cut:
            return wrong, step - 1
        assert step < _MOST_STEPS
    raise AssertionError


def _append(client: httpx.Client, step: int) -> None:
    path = client.post("/api/conversations", json={}).headers["Location"]
    client.post(f"{path}/messages", json=_HELLO, headers={"Idempotency-Key": f"warm-{step}"}).raise_for_status()
    client.delete(path).raise_for_status()


class _Trial:
    """One write, and all answers to it."""

    def __init__(self, what: str, client: httpx.Client, step: int) -> None:
        self._write = WRITES[what]
        self._client = client
        self._before = self._conversations()
        self._key = {"Idempotency-Key": f"step-{step}"} if self._write.has_key else {}
        self._place = ""
        if "{id}" in f"{self._write.path} {self._write.body}":
            self._place = client.post("/api/conversations", json={}).raise_for_status().json()["id"]
        self._answers: list[httpx.Response] = []

    def send(self) -> None:
        body = {name: self._place if value == "{id}" else value for name, value in self._write.body.items()}
        path = self._write.path.replace("{id}", self._place)
        self._answers.append(self._client.request(self._write.method, path, json=body or None, headers=self._key))

    def insist(self) -> None:
        """Send it again until it is done, and then once more."""
        while (
            self._write.has_key
            and self._answers[-1].status_code in self._passing
            and len(self._answers) < _MOST_RETRIES
        ):
            self.send()
        if self._write.has_key:
            self.send()

    def complaints(self) -> list[str]:
        """What is not as it must be."""
        found = []
        statuses = [answer.status_code for answer in self._answers]
        if not {*statuses} <= {200, 201, 204, 404, *self._passing} or (
            404 in statuses and not self._may_be_gone(statuses)
        ):
            found.append(f"{statuses}")
        if len({answer.text for answer in self._answers if answer.is_success and answer.status_code != 202}) > 1:
            found.append("the answers differ")
        effect = self._effect()
        untouched: Effect = [(None, [])] if self._place else []
        if effect != self._write.effect and (self._write.has_key or statuses != [503] or effect != untouched):
            found.append(f"{statuses} {effect}")
        return found

    @property
    def _passing(self) -> set[int]:
        """The statuses after which it is sent again. A reply whose beginning was cut runs until its lease is over."""
        return {202, 409, 502, 503} if self._write.path == "/api/chat" else {503}

    def _may_be_gone(self, statuses: list[int]) -> bool:
        """Whether a deletion's answers fit: it is not found only after it succeeded, perhaps without an answer."""
        return self._write.method == "DELETE" and statuses[0] != 404

    def _conversations(self) -> set[str]:
        return {one["id"] for one in self._client.get("/api/conversations?limit=100").raise_for_status().json()["data"]}

    def _effect(self) -> Effect:
        pages = [self._client.get(f"/api/conversations/{one}").json() for one in self._conversations() - self._before]
        return [
            (page["title"], [message["content"] for message in page["messages"] if message["content"] is not None])
            for page in pages
        ]
