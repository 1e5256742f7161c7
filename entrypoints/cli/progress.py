"""Progress on a terminal: one line on standard error, which is gone when the job has ended."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import click

from application.progress import Progress, ReportProgress, unheard

QUIET: Final = click.option("--quiet", is_flag=True, help="Show no progress on a terminal.")


@contextmanager
def shown(what: str, *, quiet: bool = False) -> Iterator[ReportProgress]:
    """What a job reports to, which a terminal shows while the context lasts; anywhere else nothing is shown."""
    if quiet or not sys.stderr.isatty():
        yield unheard
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    begin, latest = time.monotonic(), Progress()

    def report(progress: Progress) -> None:
        nonlocal latest
        latest = progress

    def render() -> Text:
        return Text(f"{what}: {describe(latest, time.monotonic() - begin)}", no_wrap=True, overflow="ellipsis")

    # What is printed meanwhile goes above the line, but only where it is seen on the same terminal.
    with Live(get_renderable=render, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()):
        yield report


def describe(progress: Progress, seconds: float) -> str:
    """How far it is, how fast it goes, and how long it will go on, as far as that is known."""
    left = (progress.all_rows or 0) - progress.rows
    of_all = "" if progress.all_rows is None else f" of {progress.all_rows:,}"
    parts = [f"{progress.owners:,} owners"] if progress.owners else []
    if progress.rows or progress.all_rows is not None:
        parts.append(f"{progress.rows:,}{of_all} rows")
    if progress.rows and seconds >= 1:
        parts.append(f"{progress.rows / seconds:,.0f} rows/s")
    parts.append(f"{_time(seconds)} so far")
    if progress.rows and seconds >= 1 and left > 0:
        parts.append(f"{_time(left * seconds / progress.rows)} left")
    return ", ".join(parts)


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
