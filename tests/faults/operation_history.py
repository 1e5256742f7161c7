"""The history of operations: all that was sent and all that was answered, and what of it violates an invariant."""

import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from tests.faults.invariants_report import InvariantsReport

SECONDS_TO_RECOVER = 2.0
SECONDS_TO_RESTART = 30.0
"""For all processes at once, from their end on: the supervisor has to see it, and Python to start."""
SECONDS_TO_SETTLE = 6.0
"""For replies whose processes have died, from the last fault on: a lease, the time between two sweeps, and a retry."""

_NOT_NOW = {409: "reply_running", 502: "responder_failed"}
"""What a client is told of a reply that runs, or was interrupted; it asks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A request that is sent until it is acknowledged: what it shall write, in order."""

    key: str
    token: str
    path: str
    body: dict[str, Any]
    writes: tuple[tuple[str, str], ...]

    @property
    def is_chat(self) -> bool:
        """Whether it asks for a reply."""
        return self.path == "/api/chat"

    @property
    def conversation(self) -> str:
        """The conversation that it names, or its key if it makes one."""
        place: str = self.body.get("conversation_id", self.key) if self.is_chat else self.path.split("/")[3]
        return place


class OperationHistory:
    """Kept by the clients, which are never killed; safe to be used by all of them at once.

    ``stop`` is set when all shall stop: at the end, or once the invariant that is ``awaited`` was found violated.
    """

    def __init__(self, awaited: str | None = None) -> None:
        self._lock = threading.Lock()
        self._awaited = awaited
        self.stop = threading.Event()
        self.recovered = threading.Event()
        self.report = InvariantsReport()
        self.operations: dict[str, Operation] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.kept: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
        self._newest: Counter[str] = Counter()
        self._latest_success: float | None = None
        self._ended: tuple[str, float, float] | None = None
        self._held_up = 0.0
        self._settled_from: float | None = None
        self._not_now_since: dict[str, float] = {}
        self.gaps: dict[str, set[int]] = defaultdict(set)
        """By conversation the seqs that a page passed over; they must be those of removed messages."""

    @property
    def abandons(self) -> bool:
        """Whether what is not acknowledged yet may stay so."""
        return self._awaited is not None and self.stop.is_set()

    def violated(self, invariant: str, example: str) -> None:
        """Note that an invariant does not hold."""
        with self._lock:
            self._violated(invariant, example)

    def _violated(self, invariant: str, example: str) -> None:
        self.report.violated(invariant, example)
        if invariant == self._awaited:
            self.stop.set()

    def count(self, figure: str, number: int = 1) -> None:
        """Count for the report."""
        with self._lock:
            self.report.figures[figure] += number

    def note(self, operation: Operation) -> None:
        """Note what is about to be sent."""
        with self._lock:
            self.operations[operation.key] = operation
            self.report.figures["keys"] += 1

    def newest(self, conversation: str) -> int:
        """The greatest seq that was acknowledged."""
        with self._lock:
            return self._newest[conversation]

    def fault_began(self, kind: str) -> None:
        """Note a fault; nobody need succeed while it lasts."""
        with self._lock:
            self.report.faults[kind] += 1
            self._ended = None
            self.recovered.clear()

    def fault_ended(self, kind: str, *, within: float) -> None:
        """From now on requests shall succeed again in so many seconds."""
        with self._lock:
            self._ended = (kind, within, time.monotonic())
            self._held_up = 0.0

    def held_up(self, seconds: float) -> None:
        """Note that the probe itself could not run for so long: the machine was busy, which is no outage."""
        with self._lock:
            self._held_up += seconds

    def settle(self) -> None:
        """No more faults come: what begins after the time to recover must succeed."""
        with self._lock:
            self._settled_from = time.monotonic() + SECONDS_TO_RECOVER

    def broken(self, begun: float, error: httpx.TransportError) -> None:
        """Note a request without an answer."""
        with self._lock:
            self.report.figures[f"no answer ({type(error).__name__})"] += 1
            self._unsuccessful(begun, repr(error))

    def answered(self, begun: float, answer: httpx.Response, conversation: str = "") -> bool:
        """Note an answer; whether it is a success. A reply that still runs is none yet."""
        with self._lock:
            self.report.statuses[answer.status_code] += 1
            if _is_not_now(answer):
                self._not_now(begun, answer, conversation)
                return False
            if answer.is_success:
                self._not_now_since.pop(conversation, None)
                return True
            self._check(answer)
            self._unsuccessful(begun, _what(answer))
        return False

    def passed_over(self, conversation: str, seqs: set[int]) -> None:
        """Note seqs that a page did not have between those that it had."""
        with self._lock:
            self.gaps[conversation] |= seqs

    def probed(self, begun: float, answer: httpx.Response) -> None:
        """Note the answer to a probe: of those begun since the fault's end the first good one ends the outage."""
        now = time.monotonic()
        with self._lock:
            self.report.figures["probes"] += 1
            if not answer.is_success:
                self._check(answer)
                return
            self.report.longest_outage = max(self.report.longest_outage, now - (self._latest_success or now))
            self._latest_success = now
            if self._ended is None or begun < self._ended[-1]:
                return
            kind, within, ended = self._ended
            self._ended = None
            self.report.recoveries[kind].append(now - ended)
            self.recovered.set()
            if now - ended - self._held_up > within:
                what = f"{now - ended:.2f} s after {kind}, the probe held up for {self._held_up:.2f} s"
                self._violated("recovers in time", what)

    def acknowledged(self, operation: Operation, answer: httpx.Response) -> None:
        """Note that the operation was acknowledged, for the first time or again."""
        told = answer.json()
        messages = told["data"] if "data" in told else [told["user_message"], told["assistant_message"]]
        said = tuple((message["role"], message["content"]) for message in messages)
        with self._lock:
            self.report.figures["acknowledgements"] += 1
            if answer.headers.get("Idempotent-Replayed") == "true":
                self.report.figures["replays"] += 1
            if self.answers.setdefault(operation.key, told) != told:
                self._violated("one key, one answer", f"{self.answers[operation.key]} then {told}")
                return
            if said != operation.writes:
                self._violated("acknowledged is kept", f"sent {operation.writes}, acknowledged {said}")
            for message, words in zip(messages, said, strict=True):
                conversation, seq = message["conversation_id"], message["seq"]
                if self.kept[conversation].setdefault(seq, words) != words:
                    self._violated("one key, one effect", f"{conversation} {seq}: two messages were acknowledged")
                self._newest[conversation] = max(self._newest[conversation], seq)

    def _check(self, answer: httpx.Response) -> None:
        if answer.status_code != 503:
            self._violated("only 2xx or 503", _what(answer))
        elif (
            not answer.headers.get("Retry-After", "").isdecimal()
            or answer.headers.get("Content-Type", "").split(";")[0] != "application/problem+json"
        ):
            self._violated("503 says when", f"{_what(answer)} {dict(answer.headers)}")

    def _not_now(self, begun: float, answer: httpx.Response, conversation: str) -> None:
        """A conversation takes no turn while a reply runs in it. One that nobody writes any more must end in time."""
        since = self._not_now_since.setdefault(conversation, begun)
        if self._settled_from is None:
            return
        settled = self._settled_from + SECONDS_TO_SETTLE - SECONDS_TO_RECOVER
        if begun > settled and (answer.status_code == HTTPStatus.BAD_GATEWAY or since < self._settled_from):
            self._violated("recovers in time", f"after the last fault for {SECONDS_TO_SETTLE} s: {_what(answer)}")

    def _unsuccessful(self, begun: float, what: str) -> None:
        if self._settled_from is not None and begun > self._settled_from:
            late = begun - self._settled_from + SECONDS_TO_RECOVER
            self._violated("recovers in time", f"{late:.2f} s after the last fault: {what}")


def _is_not_now(answer: httpx.Response) -> bool:
    if answer.status_code == HTTPStatus.ACCEPTED:
        return True
    return answer.status_code in _NOT_NOW and answer.json().get("code") == _NOT_NOW[answer.status_code]


def _what(answer: httpx.Response) -> str:
    return f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:200]}"
