"""The report: a table of figures, and how the first contestant compares with the second.

Of operations a second more is better, of all else less.
"""

from collections.abc import Mapping
from statistics import median
from typing import Final

from tests.benchmarks.peers.measuring import Figures

_HEAD: Final = f"{'':32} {'ops/s':>7} {'p50 ms':>7} {'p99 ms':>7} {'CPU µs/op':>10} {'database CPU µs/op':>19}"


def render(case: str, figures: Mapping[str, Figures]) -> str:
    """One case's part of the table. The ratio of the rates is the median of the rounds' own."""
    lines = [f"{case}", _HEAD]
    for name, each in figures.items():
        times = f"{each.p50 * 1e3:7.2f} {each.p99 * 1e3:7.2f}"
        cpu = f"{each.cpu * 1e6:10.0f} {each.database_cpu * 1e6:19.0f}"
        lines.append(f"  {name:30} {median(each.rates):7.0f} {times} {cpu}")
    ours, theirs = figures.values()
    rate = median(mine / other for mine, other in zip(ours.rates, theirs.rates, strict=True))
    times = f"{ours.p50 / theirs.p50:6.2f}x {ours.p99 / theirs.p99:6.2f}x"
    cpu = f"{ours.cpu / theirs.cpu:9.2f}x {ours.database_cpu / theirs.database_cpu:18.2f}x"
    lines.append(f"  {'first / second':30} {rate:6.2f}x {times} {cpu}")
    return "\n".join(lines)


def render_round_trips(counts: Mapping[str, Mapping[str, float]]) -> str:
    """Each contestant's round trips to the database."""
    rows = (
        f"  {name:30} " + ", ".join(f"{case}: {trips:g}" for case, trips in each.items())
        for name, each in counts.items()
    )
    return "\n".join(["round trips to the database for one operation", *rows])
