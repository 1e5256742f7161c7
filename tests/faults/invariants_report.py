"""The report of a run under faults, or of several: which invariants were violated, and the figures."""

import json
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field

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

LOG_INVARIANTS = (
    "no reply runs on",
    "a reply ends once",
    "a log has no gap",
    "a message is what its log says",
    "a turn has one reply",
)
"""Of the logs of replies and their messages, whenever no reply runs."""
REPLY_INVARIANTS = (
    *LOG_INVARIANTS,
    "a reply is what was to be said",
    "a follower sees what is kept",
    "after a stop the next turn begins",
    "what is deleted is gone",
    "storage is consistent",
)


@dataclass(slots=True)
class InvariantsReport:
    """What was done, what broke, what was found; ``recoveries`` are seconds, by the kind of the fault."""

    figures: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    longest_outage: float = 0.0
    violations: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def violated(self, invariant: str, example: str) -> None:
        """Note that an invariant does not hold."""
        assert invariant in INVARIANTS + REPLY_INVARIANTS
        self.violations[invariant] += 1
        self.examples.setdefault(invariant, example)

    def add(self, other: "InvariantsReport") -> None:
        """Take another run's figures in."""
        for counter in ("figures", "statuses", "faults", "violations"):
            getattr(self, counter).update(getattr(other, counter))
        for kind, seconds in other.recoveries.items():
            self.recoveries[kind] += seconds
        self.longest_outage = max(self.longest_outage, other.longest_outage)
        self.examples = other.examples | self.examples

    def __str__(self) -> str:
        unavailable = self.statuses[503] / max(self.statuses.total(), 1)
        lines = [
            ", ".join(f"{name} {count}" for name, count in sorted(self.figures.items())),
            f"answers {dict(sorted(self.statuses.items()))}, 503: {unavailable:.1%}",
            f"faults {self.faults.total()}: {dict(sorted(self.faults.items()))}",
            "first good answer after the end of",
            *(f"  {kind}: {_spread(seconds)}" for kind, seconds in sorted(self.recoveries.items())),
            f"longest time without a good answer {self.longest_outage:.2f} s",
            f"violations {json.dumps({name: self.violations[name] for name in INVARIANTS + REPLY_INVARIANTS})}",
            *(f"  {name}: {example}"[:600] for name, example in self.examples.items()),
        ]
        return "\n".join(lines)


def _spread(seconds: list[float]) -> str:
    return f"p50 {statistics.median(seconds):.3f} s, max {max(seconds):.3f} s of {len(seconds)}"
