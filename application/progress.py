"""Progress: how jobs tell how far they have come."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is done: owners, where a job is for several, and rows; and how many rows there will be, if that is known."""

    owners: int = 0
    rows: int = 0
    all_rows: int | None = None


type ReportProgress = Callable[[Progress], None]


def unheard(_: Progress) -> None:
    """Where nobody wants to know."""


class Tally:
    """Counts what is done, and reports the sum each time."""

    def __init__(self, report: ReportProgress, all_rows: int | None = None) -> None:
        self._report = report
        self._owners = 0
        self._rows = 0
        self._all_rows = all_rows

    def add(self, *, owners: int = 0, rows: int = 0) -> None:
        """Count these."""
        self._owners += owners
        self._rows += rows
        self._report(Progress(owners=self._owners, rows=self._rows, all_rows=self._all_rows))
