"""The thread that writes log lines."""

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.logs import handler
from entrypoints.logs.formats import JsonFormatter, TextFormatter
from entrypoints.logs.handler import DroppingHandler
from entrypoints.logs.requests import WAY, log_request
from tests.support.waiting import eventually


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe: what is read from, what is written to."""
    read_end, write_end = os.pipe()
    yield read_end, write_end
    os.close(read_end)
    os.close(write_end)


def emit(handler: DroppingHandler, *messages: str) -> None:
    for message in messages:
        handler.emit(logging.makeLogRecord({"msg": message}))


def test_lines_are_written_in_their_order_before_a_flush_returns(tmp_path: Path) -> None:
    file = tmp_path / "log"
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY)
    lines = DroppingHandler(descriptor)
    messages = [f"{number} {'x' * (number % 7 * 1000)}" for number in range(200)]

    emit(lines, *messages)
    lines.flush()

    assert file.read_text().splitlines() == messages
    os.close(descriptor)


def test_a_pipe_takes_each_piece_at_once_so_that_lines_of_processes_do_not_mix() -> None:
    pieces = list(handler._pieces([b"a" * 2000 + b"\n", b"b" * 2094 + b"\n", b"c\n", b"d" * 5000 + b"\n", b"e\n"]))

    assert [len(piece) for piece in pieces] == [2001 + 2095, 2, 5001, 2]


def test_lines_beyond_the_most_that_wait_are_dropped_and_the_drop_is_told_once(
    pipe: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    read_end, write_end = pipe
    lines = DroppingHandler(write_end)
    emit(lines, *["x" * 4000] * 100)  # more than a pipe holds: the thread waits for a reader
    assert eventually(lambda: lines._lines.qsize() == 0)

    emit(lines, *["y"] * (handler.MOST_LINES + 3))
    while not caplog.messages:
        os.read(read_end, 65536)
    emit(lines, "z")
    lines.flush()

    assert caplog.messages == ["3 log line(s) were dropped, since they could not be written"]


def test_lines_that_can_not_be_written_are_told_when_it_works_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    descriptor = os.open(tmp_path / "log", os.O_CREAT | os.O_RDONLY)
    lines = DroppingHandler(descriptor)
    emit(lines, "lost", "as well")
    lines.flush()
    again = os.open(tmp_path / "log", os.O_WRONLY)
    os.dup2(again, descriptor)

    emit(lines, "kept")
    lines.flush()

    assert (tmp_path / "log").read_text() == "kept\n"
    assert caplog.messages == ["2 log line(s) were dropped, since they could not be written"]
    os.close(again)
    os.close(descriptor)


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_lines_of_requests_are_written_as_records_of_them_and_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, formatter: logging.Formatter
) -> None:
    caplog.set_level(logging.INFO)
    descriptor = os.open(tmp_path / "log", os.O_CREAT | os.O_WRONLY)
    lines = DroppingHandler(descriptor)
    lines.setFormatter(formatter)
    monkeypatch.setattr(WAY, "take", lines.take)

    for number in range(3):
        log_request(request_id=f"r-{number}", method="GET", route="/api/me", status=200, seconds=0.5)
        emit(lines, f"after {number}")
    lines.flush()

    written = (tmp_path / "log").read_text().splitlines()
    assert [found[0] for line in written if (found := re.findall(r"r-\d|after \d", line))] == [
        *("r-0", "after 0", "r-1", "after 1", "r-2", "after 2")
    ]
    monkeypatch.setattr(WAY, "take", None)
    log_request(request_id="r-0", method="GET", route="/api/me", status=200, seconds=0.5)
    assert without_time(formatter.format(caplog.records[-1])) == without_time(written[0])
    os.close(descriptor)


def without_time(line: str) -> str:
    return re.sub(r"20\d\d-\d\d-\d\d.\d\d:\d\d:\d\d[.,]\d+", "", line)


def test_a_line_that_no_encoding_has_is_written_all_the_same(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "log", os.O_CREAT | os.O_WRONLY)
    lines = DroppingHandler(descriptor)

    emit(lines, "a lone \udc80 surrogate")
    lines.flush()

    assert (tmp_path / "log").read_text() == "a lone \\udc80 surrogate\n"
    os.close(descriptor)
