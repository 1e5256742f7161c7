"""The ledger: all that was sent and all that was answered, and what must never be so."""

import json
import statistics
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import httpx

INVARIANTS = (
    "acknowledged is kept",
    "one key, one effect",
    "one key, one answer",
    "seqs are dense",
    "nothing unsent",
    "reads are contiguous",
    "reads are recent",
    "only 2xx or 503",
    "503 says when",
    "recovers in time",
    "no open transaction",
)
SECONDS_TO_RECOVER = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A request that is sent until it is acknowledged: what it shall write, in order."""

    key: str
    token: str
    path: str
    body: dict[str, Any]
    writes: tuple[tuple[str, str], ...]


class Ledger:
    """Kept by the clients, which are never killed; safe to be used by all of them at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.intents: dict[str, Intent] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.kept: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
        self.figures: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.faults: Counter[str] = Counter()
        self.violations: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.recoveries: list[float] = []
        self.longest_outage = 0.0
        self._newest: Counter[str] = Counter()
        self._latest_ack: float | None = None
        self._broken_until: float | None = None
        self._settled_from: float | None = None

    def violated(self, invariant: str, example: str) -> None:
        """Note that an invariant does not hold."""
        with self._lock:
            self._violated(invariant, example)

    def _violated(self, invariant: str, example: str) -> None:
        assert invariant in INVARIANTS
        self.violations[invariant] += 1
        self.examples.setdefault(invariant, example)

    def intend(self, intent: Intent) -> None:
        """Note what is about to be sent."""
        with self._lock:
            self.intents[intent.key] = intent

    def newest(self, conversation: str) -> int:
        """The greatest seq that was acknowledged."""
        with self._lock:
            return self._newest[conversation]

    def fault_began(self, kind: str) -> None:
        """Note a fault; nobody need succeed while it lasts."""
        with self._lock:
            self.faults[kind] += 1
            self._broken_until = None

    def fault_ended(self) -> None:
        """From now on requests shall succeed again soon."""
        with self._lock:
            self._broken_until = time.monotonic()

    def settle(self) -> None:
        """No more faults come: what begins after the time to recover must succeed."""
        with self._lock:
            self._settled_from = time.monotonic() + SECONDS_TO_RECOVER

    def broken(self, begun: float, error: httpx.TransportError) -> None:
        """Note a request without an answer."""
        with self._lock:
            self.figures[f"no answer ({type(error).__name__})"] += 1
            self._unsuccessful(begun, repr(error))

    def answered(self, begun: float, answer: httpx.Response) -> bool:
        """Note an answer; whether it is a success."""
        what = f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:200]}"
        with self._lock:
            self.statuses[answer.status_code] += 1
            if answer.is_success:
                self._succeeded(begun)
                return True
            if answer.status_code != 503:
                self._violated("only 2xx or 503", what)
            elif (
                not answer.headers.get("Retry-After", "").isdecimal()
                or answer.headers.get("Content-Type", "").split(";")[0] != "application/problem+json"
            ):
                self._violated("503 says when", f"{what} {dict(answer.headers)}")
            self._unsuccessful(begun, what)
        return False

    def acknowledged(self, intent: Intent, answer: httpx.Response) -> None:
        """Note that the intent was acknowledged, for the first time or again."""
        told = answer.json()
        messages = told["data"] if "data" in told else [told["user_message"], told["assistant_message"]]
        said = tuple((message["role"], message["content"]) for message in messages)
        with self._lock:
            if answer.headers.get("Idempotency-Replayed", "").lower() == "true":
                self.figures["replays"] += 1
            if self.answers.setdefault(intent.key, told) != told:
                self._violated("one key, one answer", f"{self.answers[intent.key]} then {told}")
                return
            if said != intent.writes:
                self._violated("acknowledged is kept", f"sent {intent.writes}, acknowledged {said}")
            for message, words in zip(messages, said, strict=True):
                conversation, seq = message["conversation_id"], message["seq"]
                if self.kept[conversation].setdefault(seq, words) != words:
                    self._violated("one key, one effect", f"{conversation} {seq}: two messages were acknowledged")
                self._newest[conversation] = max(self._newest[conversation], seq)

    def _succeeded(self, begun: float) -> None:
        now = time.monotonic()
        self.longest_outage = max(self.longest_outage, now - (self._latest_ack or now))
        self._latest_ack = now
        if self._broken_until is not None and begun >= self._broken_until:
            self.recoveries.append(now - self._broken_until)
            self._broken_until = None

    def _unsuccessful(self, begun: float, what: str) -> None:
        if self._settled_from is not None and begun > self._settled_from:
            late = begun - self._settled_from + SECONDS_TO_RECOVER
            self._violated("recovers in time", f"{late:.2f} s after the last fault: {what}")

    def sheet(self) -> str:
        """The figures, for people."""
        answers = self.statuses.total()
        recoveries = sorted(self.recoveries) or [0.0]
        lines = [
            f"keys {len(self.intents)}, acknowledged {len(self.answers)}, {dict(sorted(self.figures.items()))}",
            f"answers {dict(sorted(self.statuses.items()))}, 503: {self.statuses[503] / max(answers, 1):.1%}",
            f"faults {self.faults.total()}: {dict(sorted(self.faults.items()))}",
            f"first success after a fault: p50 {statistics.median(recoveries):.3f} s, max {recoveries[-1]:.3f} s",
            f"longest outage {self.longest_outage:.2f} s",
            f"violations {json.dumps({name: self.violations[name] for name in INVARIANTS})}",
            *(f"  {name}: {example}"[:600] for name, example in self.examples.items()),
        ]
        return "\n".join(lines)
