"""``make bench``: measure, print the tables as Markdown, and keep all figures as JSON in .bench/results."""

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Final

import msgspec

from tests.benchmarks.apps import APPS, ROOT
from tests.benchmarks.database import running_server
from tests.benchmarks.report import Results
from tests.benchmarks.run import PARTS, Run
from tests.benchmarks.workloads import WORKLOADS

_FOLDER: Final = ROOT / ".bench"


def main() -> None:
    """Measure."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = _parser().parse_args()
    _FOLDER.mkdir(exist_ok=True)
    with running_server(_FOLDER / "postgres") as server:
        results = Results(circumstances=_circumstances(options))
        try:
            Run(options, server, _FOLDER, results).everything()
        finally:  # what was found until something failed is worth something too
            _keep(results)


def _circumstances(options: argparse.Namespace) -> dict[str, str | int | float]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "machine": platform.machine(),
        "cores": os.cpu_count() or 0,
        "Linux": platform.release(),
        "Python": platform.python_version(),
        "rows": options.rows,
        "rounds": options.rounds,
        "seconds": options.seconds,
    }


def _keep(results: Results) -> None:
    folder = _FOLDER / "results"
    folder.mkdir(exist_ok=True)
    file = folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(results)))
    sys.stdout.write(f"{results.markdown()}\nAll figures: {file.relative_to(ROOT)}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='make bench ARGS="..."', description="Measure the service and its references."
    )
    add = parser.add_argument
    add("--parts", type=_some_of(PARTS), default=list(PARTS), help=f"of {','.join(PARTS)} (all)")
    add("--apps", type=_some_of(APPS), default=list(APPS), help=f"of {','.join(APPS)} (all)")
    add("--workloads", type=_some_of(WORKLOADS), default=list(WORKLOADS), help=f"of {','.join(WORKLOADS)} (all)")
    add("--rounds", type=int, default=5, help="how often each app has its turn (%(default)s)")
    add("--seconds", type=float, default=1.5, help="how long a turn lasts (%(default)s)")
    add("--rows", type=int, default=1_200_000, help="messages in the table, filled once: 10000000 (%(default)s)")
    add("--requests", type=int, default=20_000, help="after how many the memory is read (%(default)s)")
    return parser


def _some_of(names: Collection[str]) -> Callable[[str], list[str]]:
    def some(text: str) -> list[str]:
        chosen = text.split(",")
        if unknown := sorted(set(chosen) - set(names)):
            raise argparse.ArgumentTypeError(f"there is no {unknown[0]}")
        return chosen

    return some


if __name__ == "__main__":
    main()
