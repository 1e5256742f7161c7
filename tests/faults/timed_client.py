"""A client that asks for everything at once, takes the time of each answer, and knows an outage by it."""

import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, Self

import httpx

_READS: Final = {
    "me": ("GET", "/api/me", None),
    "conversations": ("GET", "/api/conversations", None),
    "history": ("GET", "{conversation}/messages", None),
    "ready": ("GET", "/health/ready", None),
}
_WRITES: Final[Mapping[str, tuple[str, str, Any]]] = {
    "append": ("POST", "{conversation}/messages", {"messages": [{"role": "user", "content": "hello"}]}),
    "append under a key": ("POST", "{conversation}/messages", {"messages": [{"role": "user", "content": "hello"}]}),
    "rename": ("PATCH", "{conversation}", {"title": "A title"}),
    "create": ("POST", "/api/conversations", {}),
    "chat": ("POST", "/api/chat", {"message": "hello"}),
}
_REQUESTS: Final = {**_READS, **_WRITES}
READS: Final = tuple(_READS)
WRITES: Final = tuple(_WRITES)
ALL: Final = tuple(_REQUESTS)
CHANGES: Final = ("append", "append under a key", "rename")
"""What changes the client's one conversation, and so needs its row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedAnswer:
    """What was asked for, the answer, and the seconds it took."""

    kind: str
    seconds: float
    response: httpx.Response

    @property
    def is_outage(self) -> bool:
        """Whether it is what an outage must answer: a problem, 503, and when to come again."""
        return (
            self.response.status_code == 503
            and self.response.headers["Content-Type"] == "application/problem+json"
            and self.response.json()["code"] in ("unavailable", "too_slow", "overloaded")
            and int(self.response.headers.get("Retry-After", "0")) >= 1
        )

    def __repr__(self) -> str:
        said = f"{self.response.status_code} {self.response.text[:120]} {self.response.headers.get('Retry-After')}"
        return f"{self.kind}: {said} after {self.seconds:.2f} s"


class TimedClient:
    """Asks over HTTP, each request in a thread of its own."""

    def __init__(self, address: str, token: str) -> None:
        self._http = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        self._threads = ThreadPoolExecutor(60)
        self._keys = count(1)

    def __enter__(self) -> Self:
        self.conversation = self._http.post("/api/conversations", json={}).raise_for_status().headers["Location"]
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()
        self._http.close()

    def ask(self, kinds: Collection[str] = ALL, times: int = 2) -> list[TimedAnswer]:
        """Ask for all of these at once, each so many times."""
        return list(self._threads.map(self._ask, [*kinds] * times))

    def seconds_to_recover(self, give_up: float = 10) -> float:
        """Ask for all until all is answered as if nothing had been; how long that took."""
        begun = time.monotonic()
        while unfit := [answer for answer in self.ask(times=1) if not answer.response.is_success]:
            assert time.monotonic() < begun + give_up, unfit
            time.sleep(0.02)
        return time.monotonic() - begun

    def _ask(self, kind: str) -> TimedAnswer:
        method, path, body = _REQUESTS[kind]
        headers = {"Idempotency-Key": f"key-{next(self._keys)}"} if kind == "append under a key" else {}
        begun = time.monotonic()
        response = self._http.request(method, path.format(conversation=self.conversation), json=body, headers=headers)
        return TimedAnswer(kind=kind, seconds=time.monotonic() - begun, response=response)
