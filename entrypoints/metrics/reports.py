"""Reports: what workers count is added up in the process that supervises them.

A worker sends how much each series has grown, every second and at its end; so a worker that dies takes away nothing
that it has reported. The states that it reports are forgotten when it is silent for some seconds.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import batched
from operator import add, sub
from secrets import token_hex
from typing import Any, Final

import msgspec

from entrypoints.metrics.catalogue import COUNTERS, GAUGES, HISTOGRAMS
from entrypoints.metrics.series import Labels, Numbers

INTERVAL: Final = 1.0
"""Seconds between two reports."""
FORGOTTEN_AFTER: Final = 5.0
"""Seconds of silence."""
_MOST_SERIES: Final = 200
"""In a message, which has at most some 40 KB then."""
_MOST_BYTES: Final = 1024 * 1024
_SERIES: Final = {metric.name: metric for metric in (*COUNTERS, *HISTOGRAMS)}

type _Growth = tuple[str, Labels, Numbers]


class Report(msgspec.Struct, frozen=True, array_like=True):
    """What one message says: who sends it, the states, and how much series have grown since the message before."""

    worker: str
    gauges: dict[str, float]
    growth: list[_Growth]


class Reporter:
    """Reports what this process counts."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._worker = token_hex(8)
        self._reported: dict[tuple[str, Labels], Numbers] = {}
        self._lock = threading.Lock()

    def report(self) -> None:
        """Send what is new. What can't be sent now goes with the next report."""
        with self._lock, suppress(OSError):  # the supervisor is busy, or has ended
            gauges = {gauge.name: gauge.value for gauge in GAUGES}
            self._send(Report(self._worker, gauges, []))
            for growth in batched(self._growth(), _MOST_SERIES):
                self._send(Report(self._worker, gauges, [*growth]))
                for name, labels, numbers in growth:
                    before = self._reported.get((name, labels))
                    self._reported[name, labels] = [*map(add, before, numbers)] if before else numbers

    def report_forever(self) -> None:
        """Report again and again."""
        while True:
            self.report()
            time.sleep(INTERVAL)

    def _growth(self) -> Iterator[_Growth]:
        for name, metric in _SERIES.items():
            for labels, numbers in [*metric.series.items()]:  # a copy, as others go on counting
                before = self._reported.get((name, labels))
                grown = [*map(sub, numbers, before)] if before else [*numbers]
                if any(grown):
                    yield name, labels, grown

    def _send(self, report: Report) -> None:
        self._channel.send(msgspec.msgpack.encode(report), socket.MSG_DONTWAIT)


class Gathering:
    """Adds up what workers report."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._gauges: dict[str, tuple[float, dict[str, float]]] = {}
        self._decoder: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)

    def take(self) -> bool:
        """Wait for a message and add it up; False: there will be none any more."""
        message = self._channel.recv(_MOST_BYTES)
        if not message:
            return False
        report, now = self._decoder.decode(message), time.monotonic()
        fresh = {worker: told for worker, told in self._gauges.items() if now - told[0] < FORGOTTEN_AFTER}
        self._gauges = {**fresh, report.worker: (now, report.gauges)}
        for name, labels, numbers in report.growth:
            _SERIES[name].grow(labels, numbers)
        return True

    def take_all(self) -> None:
        """Take messages until the end."""
        with suppress(OSError):  # the channel is closed
            while self.take():
                pass

    def state(self, gauge: str) -> float:
        """What the workers that live say of a gauge."""
        oldest = time.monotonic() - FORGOTTEN_AFTER
        return sum(states[gauge] for told_at, states in self._gauges.values() if told_at > oldest)


@contextmanager
def gathered() -> Iterator[socket.socket]:
    """Add up what workers report on the channel that this yields, until the end."""
    receiving, sending = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    sending.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST_BYTES)
    gathering = Gathering(receiving)
    with receiving, sending, ExitStack() as stack:
        for gauge in GAUGES:
            stack.enter_context(gauge.told_by(partial(gathering.state, gauge.name)))
        threading.Thread(target=gathering.take_all, name="reports", daemon=True).start()
        yield sending


_reporters: list[Reporter] = []


def start_reporting(channel: Any) -> None:
    """Report what this process counts, to its end."""
    reporter = Reporter(channel)
    _reporters.append(reporter)
    threading.Thread(target=reporter.report_forever, name="reports", daemon=True).start()


def report_now() -> None:
    """Send what was not reported yet, such as at the end of the process."""
    for reporter in _reporters:
        reporter.report()
