"""What workers report, and what becomes of it when they die."""

import socket
from collections.abc import Iterator

import msgspec
import pytest

from entrypoints.metrics import reports
from entrypoints.metrics.reports import Gathering, Report, Reporter
from entrypoints.metrics.series import Counter, Gauge, Histogram

type Channel = tuple[socket.socket, socket.socket]


class Worker:
    """A process's own metrics, and its reports."""

    def __init__(self, channel: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
        self.counter = Counter("c_total", "…", ["cause"])
        self.histogram = Histogram("h_seconds", "…", bounds=(0.1,))
        self.gauge = Gauge("g", "…")
        self._reporter = Reporter(channel)
        self._monkeypatch = monkeypatch

    def report(self) -> None:
        self._monkeypatch.setattr(reports, "_SERIES", {one.name: one for one in (self.counter, self.histogram)})
        self._monkeypatch.setattr(reports, "GAUGES", (self.gauge,))
        self._reporter.report()


class Supervisor:
    """The process that adds up."""

    def __init__(self, channel: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
        self.counter = Counter("c_total", "…", ["cause"])
        self.histogram = Histogram("h_seconds", "…", bounds=(0.1,))
        self.gathering = Gathering(channel)
        self._channel = channel
        self._monkeypatch = monkeypatch

    def take_all(self) -> None:
        self._monkeypatch.setattr(reports, "_SERIES", {one.name: one for one in (self.counter, self.histogram)})
        self._channel.settimeout(0)
        self.gathering.take_all()


@pytest.fixture
def channel() -> Iterator[Channel]:
    """Where supervisor and workers meet."""
    receiving, sending = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with receiving, sending:
        yield receiving, sending


@pytest.fixture
def supervisor(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    return Supervisor(channel[0], monkeypatch)


@pytest.fixture
def workers(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> tuple[Worker, Worker]:
    return Worker(channel[1], monkeypatch), Worker(channel[1], monkeypatch)


def test_what_workers_count_is_added_up(supervisor: Supervisor, workers: tuple[Worker, Worker]) -> None:
    for worker in workers:
        worker.counter.count("a")
        worker.histogram.observe(0.25)
        worker.report()
    workers[0].counter.count("a", by=5)
    workers[0].counter.count("b")
    workers[0].histogram.observe(0.0625)
    workers[0].report()
    workers[1].report()

    supervisor.take_all()

    assert supervisor.counter.series == {("a",): [7], ("b",): [1]}
    assert supervisor.histogram.series == {(): [0.5625, 1, 2]}


def test_what_was_reported_once_is_not_reported_again(channel: Channel, workers: tuple[Worker, Worker]) -> None:
    workers[0].counter.count("a")
    workers[0].report()
    workers[0].report()

    messages = [msgspec.msgpack.decode(channel[0].recv(100_000), type=Report) for _ in range(3)]
    channel[0].settimeout(0)

    assert [message.growth for message in messages] == [[], [("c_total", ("a",), [1])], []]
    with pytest.raises(BlockingIOError):
        channel[0].recv(1)


def fill(channel: socket.socket) -> None:
    while True:
        channel.send(msgspec.msgpack.encode(Report("full", {}, [])))


def test_what_can_not_be_sent_goes_with_the_next_report(
    channel: Channel, supervisor: Supervisor, workers: tuple[Worker, Worker]
) -> None:
    channel[1].settimeout(0)
    with pytest.raises(BlockingIOError):
        fill(channel[1])
    workers[0].counter.count("a")
    workers[0].report()
    supervisor.take_all()
    before = {**supervisor.counter.series}

    workers[0].report()
    supervisor.take_all()

    assert before == {}
    assert supervisor.counter.series == {("a",): [1]}


def test_more_series_than_a_message_holds_are_reported_in_several(
    supervisor: Supervisor, workers: tuple[Worker, Worker]
) -> None:
    for number in range(450):
        workers[0].counter.count(f"{number} {'x' * 100}")
    workers[0].report()

    supervisor.take_all()

    assert len(supervisor.counter.series) == 450


def test_the_states_of_workers_are_added_up_and_the_latest_counts(
    supervisor: Supervisor, workers: tuple[Worker, Worker]
) -> None:
    with workers[0].gauge.raised(), workers[1].gauge.told_by(lambda: 4):
        workers[0].report()
        workers[1].report()
    with workers[1].gauge.told_by(lambda: 2):
        workers[1].report()

    supervisor.take_all()

    assert supervisor.gathering.state("g") == 3


def test_a_worker_that_is_silent_takes_its_states_away_and_not_its_counts(
    supervisor: Supervisor, workers: tuple[Worker, Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    workers[0].counter.count("a")
    with workers[0].gauge.raised():
        workers[0].report()
    supervisor.take_all()

    monkeypatch.setattr(reports, "FORGOTTEN_AFTER", 0.0)
    workers[1].report()
    supervisor.take_all()

    assert supervisor.gathering.state("g") == 0
    assert len(supervisor.gathering._gauges) == 1
    assert supervisor.counter.series == {("a",): [1]}


def test_a_supervisor_that_has_ended_troubles_no_worker(channel: Channel, workers: tuple[Worker, Worker]) -> None:
    channel[0].close()

    workers[0].report()
