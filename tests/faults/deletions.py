"""Deletions that race with appends: all happen in some serial order, and nothing is left of what is deleted."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Final

import httpx

from tests.support.postgres import execute

_APPENDS: Final = 5
_DELETIONS: Final = 2
_SECONDS: Final = 0.003
_HELLO: Final = {"messages": [{"role": "user", "content": "hello"}]}
_LEFT: Final = "SELECT (SELECT count(*) FROM conversations) + (SELECT count(*) FROM messages) AS rows"
_KEYS: Final = "SELECT count(*) AS keys FROM idempotency_keys"


@dataclass(slots=True, kw_only=True)
class Races:
    """Races one after the other, by one owner on a database of their own; what was answered, and what was wrong."""

    client: httpx.Client
    random: Random
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def run(self, races: int, database_url: str) -> None:
        """Race, and then look for what is left."""
        with ThreadPoolExecutor(_APPENDS + _DELETIONS) as threads:
            for number in range(races):
                path = self.client.post("/api/conversations", json={}).raise_for_status().headers["Location"]
                race = _Race(self.client, path, number)
                starts = [self.random.uniform(0, _SECONDS) for _ in range(_APPENDS + _DELETIONS)]
                runs = [race.append] * _APPENDS + [race.delete] * _DELETIONS
                list(threads.map(lambda run, place, start: run(place, start), runs, range(len(runs)), starts))
                self.wrong += [f"{path}: {complaint}" for complaint in race.complaints()]
                self.answers.update(race.answers)
        if rows := execute(database_url, _LEFT)[0]["rows"]:
            self.wrong.append(f"{rows} rows are left")
        if (keys := execute(database_url, _KEYS)[0]["keys"]) != self.answers["append 201"]:
            self.wrong.append(f"{keys} keys for {self.answers['append 201']} appends")
        if listed := self.client.get("/api/conversations").json()["data"]:
            self.wrong.append(f"{len(listed)} conversations are listed")


class _Race:
    """Appends and deletions of one conversation."""

    def __init__(self, client: httpx.Client, path: str, number: int) -> None:
        self._client = client
        self._path = path
        self._number = number
        self._appends: list[tuple[int, httpx.Response]] = []
        self._begun: dict[int, float] = {}
        self._deletions: list[tuple[float, httpx.Response]] = []
        self._after: list[str] = []

    def append(self, place: int, start: float) -> None:
        time.sleep(start)
        self._begun[place] = time.monotonic()
        self._appends.append((place, self._append(place)))

    def delete(self, _: int, start: float) -> None:
        time.sleep(start)
        answer = self._client.delete(self._path)
        self._deletions.append((time.monotonic(), answer))
        if answer.status_code == 204:
            self._look()

    @property
    def answers(self) -> Iterator[str]:
        """All answers of the race."""
        yield from (f"append {answer.status_code}" for _, answer in self._appends)
        yield from (f"delete {answer.status_code}" for _, answer in self._deletions)

    def complaints(self) -> Iterator[str]:
        """What is not as it must be."""
        replays = [self._append(place) for place, answer in self._appends if answer.is_success]
        self._look(self._client.get(f"{self._path}/messages"), *replays)
        yield from self._after
        if sorted(answer.status_code for _, answer in self._deletions) != [204, 404]:
            yield f"deletions: {[answer.status_code for _, answer in self._deletions]}"
        if not {answer.status_code for _, answer in self._appends} <= {201, 404}:
            yield f"appends: {[answer.status_code for _, answer in self._appends]}"
        written = sorted(answer.json()["data"][0]["seq"] for _, answer in self._appends if answer.is_success)
        if written != list(range(1, len(written) + 1)):
            yield f"appended {written}"
        gone = min((ended for ended, answer in self._deletions if answer.is_success), default=0.0)
        if any(self._begun[place] > gone and answer.is_success for place, answer in self._appends):
            yield "appended after it was deleted"

    def _append(self, place: int) -> httpx.Response:
        key = {"Idempotency-Key": f"{self._number}-{place}"}
        return self._client.post(f"{self._path}/messages", json=_HELLO, headers=key)

    def _look(self, *more: httpx.Response) -> None:
        answers = [self._client.get(self._path), self._client.post(f"{self._path}/messages", json=_HELLO), *more]
        if {answer.status_code for answer in answers} != {404}:
            self._after.append(f"after the deletion: {[answer.status_code for answer in answers]}")
