"""The load client: whole requests out, and of the answers no more than status and length read."""

import asyncio
import sys
import time
from array import array
from collections import deque
from itertools import cycle
from typing import Final, override

import msgspec
import uvloop

from tests.benchmarks.job import Job, Outcome

_LENGTH: Final = b"\r\ncontent-length:"


class AnswerError(Exception):
    """An answer that was none, or no success; a benchmark of failures would be worth nothing."""


class _Connection(asyncio.Protocol):
    """One keep-alive connection, with at most one request under way."""

    def __init__(self, load: "_Load") -> None:
        self._load = load
        self._head = b""
        self._missing: int | None = None
        self.due = 0.0

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        self._transport = transport

    def ask(self, request: bytes, due: float) -> None:
        """Send a request that was due at an instant."""
        self.due = due
        self._transport.write(request)

    @override
    def data_received(self, data: bytes) -> None:
        if self._missing is None:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _length(self._head, end, self._load.successes)
            self._missing = length - (len(self._head) - end - 4)
        else:
            self._missing -= len(data)
        if self._missing == 0:
            self._head, self._missing = b"", None
            self._load.answered(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._load.fail(AnswerError(f"the server closed a connection: {exc}"))


def _length(data: bytes, end: int, successes: tuple[bytes, ...]) -> int:
    """The length of the body. Raises AnswerError."""
    head = data[:end].lower()
    place = head.find(_LENGTH)
    if not head.startswith(successes) or place < 0:
        raise AnswerError(data[:1000].decode(errors="replace"))
    return int(head[place + len(_LENGTH) :].split(b"\r\n", 1)[0])


class _Load:
    """All connections of a job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.successes = (b"http/1.1 2", b"http/1.1 429") if job.may_be_refused else (b"http/1.1 2",)
        self._next = cycle(job.requests).__next__
        self._latencies = array("d")
        self._sent = 0
        self._idle: list[_Connection] = []
        self._late: deque[float] = deque()

    async def run(self) -> Outcome:
        """Do it."""
        loop = asyncio.get_running_loop()
        self._finished: asyncio.Future[None] = loop.create_future()
        for _ in range(self._job.connections):
            _, connection = await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self._job.port)
            self._idle.append(connection)
        self._begun, used = time.perf_counter(), time.process_time()
        self._end = self._begun + self._job.seconds
        if self._job.rate is None:
            while self._idle and self._goes_on(self._begun):
                self._ask(self._idle.pop(), self._begun)
        else:
            self._keep_pace()
        await self._finished
        seconds, used = time.perf_counter() - self._begun, time.process_time() - used
        ordered = sorted(self._latencies)
        return Outcome(
            count=len(ordered),
            seconds=seconds,
            p50=ordered[len(ordered) // 2] * 1000,
            p99=ordered[len(ordered) * 99 // 100] * 1000,
            slowest=ordered[-1] * 1000,
            client_busy=used / seconds,
        )

    def answered(self, connection: _Connection) -> None:
        """Take an answer, and send what comes next."""
        now = time.perf_counter()
        self._latencies.append(now - connection.due)
        if self._late:
            self._ask(connection, self._late.popleft())
        elif self._job.rate is None and self._goes_on(now):
            self._ask(connection, now)
        else:
            self._idle.append(connection)
            if len(self._idle) == self._job.connections and not self._goes_on(now):
                self._finish()

    def fail(self, error: Exception) -> None:
        """End with an error, unless all is done."""
        if not self._finished.done():
            self._finished.set_exception(error)

    def _goes_on(self, now: float) -> bool:
        return now < self._end and (self._job.count is None or self._sent + len(self._late) < self._job.count)

    def _ask(self, connection: _Connection, due: float) -> None:
        self._sent += 1
        connection.ask(self._next(), due)

    def _keep_pace(self) -> None:
        """Send what is due, on a free connection or on the first to become free; then wait for the next instant."""
        assert self._job.rate is not None
        while self._goes_on(now := time.perf_counter()):
            due = self._begun + (self._sent + len(self._late)) / self._job.rate
            if due > now:
                asyncio.get_running_loop().call_later(due - now, self._keep_pace)
                return
            if self._idle:
                self._ask(self._idle.pop(), due)
            else:
                self._late.append(due)
        if len(self._idle) == self._job.connections:
            self._finish()

    def _finish(self) -> None:
        if not self._finished.done():
            self._finished.set_result(None)


def main() -> None:
    """Read a job, do it, write the outcome."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    loop = uvloop.new_event_loop()
    # What a callback raises would only be logged.
    load = _Load(job)
    loop.set_exception_handler(lambda _, context: load.fail(context.get("exception") or AnswerError(str(context))))
    sys.stdout.buffer.write(msgspec.json.encode(loop.run_until_complete(load.run())))


if __name__ == "__main__":
    main()
