"""What progress looks like."""

import io
import sys

import pytest

from application.progress import Progress, unheard
from entrypoints.cli.progress import describe, shown


@pytest.mark.parametrize(
    ("progress", "seconds", "line"),
    [
        (Progress(), 0, "0:00:00 so far"),
        (Progress(), 65, "0:01:05 so far"),
        (Progress(owners=12_000), 10, "12,000 owners, 0:00:10 so far"),
        (Progress(owners=3, rows=5000), 10, "3 owners, 5,000 rows, 500 rows/s, 0:00:10 so far"),
        (Progress(all_rows=100), 10, "0 of 100 rows, 0:00:10 so far"),
        (Progress(rows=1000, all_rows=4000), 10, "1,000 of 4,000 rows, 100 rows/s, 0:00:10 so far, 0:00:30 left"),
        (Progress(rows=4000, all_rows=4000), 10, "4,000 of 4,000 rows, 400 rows/s, 0:00:10 so far"),
        (Progress(rows=4001, all_rows=4000), 10, "4,001 of 4,000 rows, 400 rows/s, 0:00:10 so far"),
        (Progress(rows=10, all_rows=40), 0.01, "10 of 40 rows, 0:00:00 so far"),
    ],
)
def test_a_line_tells_what_is_known(progress: Progress, seconds: float, line: str) -> None:
    assert describe(progress, seconds) == line


def test_where_there_is_no_terminal_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    monkeypatch.setenv("FORCE_COLOR", "1")

    with shown("fsck") as progress:
        progress(Progress(rows=1))

    assert progress is unheard
    assert errors.getvalue() == ""
