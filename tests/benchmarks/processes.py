"""What the operating system knows of a process and its children; Linux only."""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """The processor time that a process and its children have used, those included that ended."""
    return sum(sum(map(int, _stat(member)[11:15])) for member in _family(pid)) / _TICKS


def resident_bytes(pid: int) -> int:
    """The memory that it and its children hold now."""
    return sum(_status(member, "VmRSS") for member in _family(pid))


def peak_bytes(pid: int) -> int:
    """The most memory that each of them ever held, summed."""
    return sum(_status(member, "VmHWM") for member in _family(pid))


def _family(pid: int) -> list[int]:
    """The process and all below it; each of its threads may have children."""
    found = [pid]
    for children in (_PROC / str(pid) / "task").glob("*/children"):
        with suppress(OSError):  # one that ended meanwhile
            for child in children.read_text().split():
                found += _family(int(child))
    return found


def _stat(pid: int) -> list[str]:
    """Its fields after the name, which may hold anything: from the third of proc(5) on. Zeros, if it ended."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return ["0"] * 15


def _status(pid: int, field: str) -> int:
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return 0
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
