"""Processes: what they have cost, by Linux's own account."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class _Account:
    pid: int
    parent: int
    ticks: int


def cpu_seconds(root: int) -> float:
    """What a process has used, and those that it started, with those of them that have ended."""
    accounts = list(_accounts())
    family = {root}
    while born := {account.pid for account in accounts if account.parent in family} - family:
        family |= born
    return sum(account.ticks for account in accounts if account.pid in family) * _TICK


def _accounts() -> Iterator[_Account]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            # proc(5): the parent, then user's and system's time, own and of children that were waited for.
            yield _Account(int(folder.name), int(fields[1]), sum(map(int, fields[11:15])))
