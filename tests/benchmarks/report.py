"""The tables, as Markdown."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tests.benchmarks.apps import APPS
from tests.benchmarks.fairness import ALONE, Fairness
from tests.benchmarks.measure import Counts, Sample
from tests.benchmarks.observation import Observation
from tests.benchmarks.streams import STREAM_APPS, STREAMS, StreamSample
from tests.benchmarks.workloads import WORKLOADS


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """One cost beside another that it should not exceed by much: p50 in ms and CPU in µs, asked one by one."""

    what: str
    this: Sample
    that: Sample


class Results(msgspec.Struct, kw_only=True):
    """All that a run found."""

    circumstances: dict[str, Any]
    samples: dict[str, dict[str, Sample]] = {}
    """By workload and app."""
    counts: dict[str, dict[str, Counts]] = {}
    """By app and workload."""
    peak_mib: dict[str, float] = {}
    observation: Observation = {}
    flatness: list[Ratio] = []
    streams: dict[str, StreamSample] = {}
    """By app."""
    fairness: dict[str, Fairness] = {}
    """By where the other one asks, and the limits that are in force."""
    at_half: dict[str, dict[str, float]] = {}
    """By workload: the rate, and the latencies at that rate."""
    resident_mib: dict[int, float] = {}
    """After so many requests."""

    def markdown(self) -> str:
        """The tables."""
        parts = [
            self._comparison(),
            self._streams(),
            self._fairness(),
            self._observation(),
            self._flatness(),
            self._at_half(),
            self._memory(),
        ]
        about = ", ".join(f"{name} {value}" for name, value in self.circumstances.items())
        return "\n\n".join([f"{about}.", *(part for part in parts if part)]) + "\n"

    def _comparison(self) -> str:
        heads = ["workload", "app", "requests/s", "p50 ms", "p99 ms", "CPU µs", "÷ floor", "÷ service"]
        rows = [
            [
                WORKLOADS[workload].title,
                APPS[app].title,
                f"{sample.rate:,.0f}",
                f"{sample.p50:.1f}",
                f"{sample.p99:.1f}",
                f"{sample.cpu:,.0f}",
                _ratio(sample, samples.get("floor")),
                _ratio(sample, samples.get("service")),
                f"{self.counts[app][workload].round_trips:.0f}",
                f"{sample.database_cpu:,.0f}",
                f"{self.peak_mib.get(app, 0):.0f}",
                f"{sample.client_busy:.0%}",
            ]
            for workload, samples in self.samples.items()
            for app, sample in samples.items()
        ]
        return _table([*heads, "round trips", "PostgreSQL µs", "peak MiB", "client busy"], rows)

    def _streams(self) -> str:
        floor = self.streams.get("floor")
        rows = [
            [
                STREAM_APPS[app].title,
                f"{one.cpu:.1f}",
                "" if floor is None else f"{one.cpu / floor.cpu:.2f}",
                *(f"{figure:.1f}" for figure in (one.database_cpu, one.first_p50, one.first_p99)),
            ]
            for app, one in self.streams.items()
        ]
        heads = [f"{STREAMS} streams at once", "CPU µs a delta", "÷ floor", "PostgreSQL ms a reply"]
        return _table([*heads, "first delta p50 ms", "p99 ms"], rows)

    def _fairness(self) -> str:
        alone = self.fairness.get(ALONE)
        rows = [
            [
                what,
                *(f"{figure:.1f}" for figure in (one.p50, one.p99)),
                *(("", "") if alone is None else (f"{one.p50 / alone.p50:.2f}", f"{one.p99 / alone.p99:.2f}")),
                f"{one.others_rate:,.0f}",
            ]
            for what, one in self.fairness.items()
        ]
        heads = ["one user beside another at full speed", "p50 ms", "p99 ms", "p50 ÷ alone", "p99 ÷ alone"]
        return _table([*heads, "the other's requests/s"], rows)

    def _observation(self) -> str:
        rows = [[what, f"{cpu:.1f}"] for what, cpu in self.observation.items()]
        return _table(["of a request", "CPU µs"], rows)

    def _flatness(self) -> str:
        rows = [
            [
                one.what,
                *(f"{one.this.p50:.2f}", f"{one.that.p50:.2f}", f"{one.this.p50 / one.that.p50:.2f}"),
                *(f"{one.this.cpu:.0f}", f"{one.that.cpu:.0f}", f"{one.this.cpu / one.that.cpu:.2f}"),
            ]
            for one in self.flatness
        ]
        return _table(["one by one", "p50 ms", "to", "ratio", "CPU µs", "to", "ratio"], rows)

    def _at_half(self) -> str:
        rows = [
            [WORKLOADS[workload].title, *(f"{figures[name]:,.1f}" for name in ("rate", "p50", "p99", "slowest"))]
            for workload, figures in self.at_half.items()
        ]
        return _table(["at half the most it can", "requests/s", "p50 ms", "p99 ms", "slowest ms"], rows)

    def _memory(self) -> str:
        rows = [[f"{count:,}", f"{mib:.1f}"] for count, mib in self.resident_mib.items()]
        return _table(["requests served", "resident MiB"], rows)


def _ratio(sample: Sample, other: Sample | None) -> str:
    return "" if other is None else f"{sample.cpu / other.cpu:.2f}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
