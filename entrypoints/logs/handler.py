"""The handler of logs: a thread writes the lines, since standard error may be a pipe that nobody reads."""

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Final, override

from entrypoints.logs.formats import JsonFormatter
from entrypoints.logs.requests import WAY, RequestLine, RequestRecord
from entrypoints.metrics.catalogue import DROPPED_LINES

MOST_LINES: Final = 5000
"""That wait to be written; beyond that they are dropped."""
_PAUSE: Final = 0.05
"""Seconds in which lines are gathered: to wake the thread for each would cost more than to write it."""
_ATOMIC_BYTES: Final = 4096
"""What a pipe takes in one piece (pipe(7), PIPE_BUF), so that lines of several processes do not mix."""
_SECONDS_TO_END: Final = 1.0
_STANDARD_ERROR: Final = 2

type _Entry = bytes | RequestLine | threading.Event

_log = logging.getLogger(__name__)


class DroppingHandler(logging.Handler):
    """Queues lines for a thread that writes them; drops a line when the queue is full. So logging never blocks.

    What was dropped, or could not be written, is told in a line of its own once writing works again.
    """

    def __init__(self, descriptor: int = _STANDARD_ERROR) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lines: SimpleQueue[_Entry] = SimpleQueue()
        self._hurry = threading.Event()
        self._dropped = 0
        self._unwritten = 0
        self._told = 0
        threading.Thread(target=self._write_forever, name="log", daemon=True).start()

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if self._has_room():
            try:
                self._lines.put(self._line_of(record))
            except Exception:  # noqa: BLE001 - as all handlers do: logging must not fail its caller
                self.handleError(record)

    def take(self, line: RequestLine) -> None:
        """Queue the line of a request, which changes no more: the thread formats it."""
        if self._has_room():
            self._lines.put(line)

    def _has_room(self) -> bool:
        """Whether another line may wait; if not, it counts as dropped."""
        if self._lines.qsize() < MOST_LINES:
            return True
        self._dropped += 1
        DROPPED_LINES.count("queue_full")
        return False

    def _line_of(self, record: logging.LogRecord) -> bytes:
        return f"{self.format(record)}\n".encode(errors="backslashreplace")

    @override
    def flush(self) -> None:
        """Wait until the queue is written, for a second at most; called at the end of the process."""
        is_written = threading.Event()
        self._lines.put(is_written)
        self._hurry.set()
        is_written.wait(_SECONDS_TO_END)

    def _write_forever(self) -> None:
        while True:
            gathered = [self._lines.get()]
            self._hurry.wait(_PAUSE)
            self._hurry.clear()
            gathered += self._waiting()
            self._write([*self._lines_of(gathered)])
            for is_written in gathered:
                if isinstance(is_written, threading.Event):
                    is_written.set()

    def _lines_of(self, gathered: "Sequence[_Entry]") -> Iterator[bytes]:
        for one in gathered:
            if isinstance(one, bytes):
                yield one
            elif isinstance(one, RequestLine) and isinstance(self.formatter, JsonFormatter):
                yield self.formatter.encode(one) + b"\n"
            elif isinstance(one, RequestLine):
                yield self._line_of(RequestRecord(one))

    def _waiting(self) -> "Iterator[_Entry]":
        """The lines that wait now."""
        for _ in range(self._lines.qsize()):
            try:
                yield self._lines.get_nowait()
            except Empty:  # pragma: no cover - nobody else takes lines
                return

    def _write(self, lines: Sequence[bytes]) -> None:
        """Write to the file descriptor: the lock of sys.stderr would keep the process from ending."""
        for piece in _pieces(lines):
            try:
                _write_all(self._descriptor, piece)
            except OSError:
                lost = piece.count(b"\n")
                self._unwritten += lost
                DROPPED_LINES.count("write_failed", by=lost)
                return
        lost = self._dropped + self._unwritten - self._told
        if lost and lines:
            self._told += lost
            _log.warning("%d log line(s) were dropped, since they could not be written", lost)


def of_all_lines() -> DroppingHandler:
    """The handler of a process that serves: it takes the lines of requests as well, past the loggers."""
    handler = DroppingHandler()
    WAY.take = handler.take
    return handler


def _pieces(lines: Sequence[bytes]) -> Iterator[bytes]:
    """The lines, as many as possible in each piece that a pipe takes at once; a longer line is a piece of its own."""
    piece: list[bytes] = []
    size = 0
    for line in lines:
        if piece and size + len(line) > _ATOMIC_BYTES:
            yield b"".join(piece)
            piece, size = [], 0
        piece.append(line)
        size += len(line)
    if piece:
        yield b"".join(piece)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
