"""The client of streams: opens many at once, and notes when their first and their last delta came."""

import asyncio
import sys
import time
from functools import partial
from typing import Final, override

import msgspec
import uvloop

from tests.benchmarks.job import StreamJob, StreamOutcome

_DELTA: Final = b'"text-delta"'
_DONE: Final = b"data: [DONE]"
_RAMP_SECONDS: Final = 2.0
"""Over how long the streams are opened."""


class _Stream(asyncio.Protocol):
    """One stream on a connection of its own."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._tail = b""
        self._begun = 0.0
        self.first: float | None = None
        self.deltas = 0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        self._begun = time.perf_counter()
        transport.write(self._request)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        count = data.count(_DELTA)
        self.deltas += count
        if count and self.first is None:
            self.first = time.perf_counter() - self._begun
        seen = self._tail + data
        self._tail = seen[-len(_DONE) :]
        if _DONE in seen and not self.ended.done():
            self.ended.set_result(None)
            self._transport.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(RuntimeError(f"a stream ended before its end: {self._tail!r}"))


async def _run(job: StreamJob) -> StreamOutcome:
    loop = asyncio.get_running_loop()
    streams = []
    for request in job.requests:
        _, stream = await loop.create_connection(partial(_Stream, request), "127.0.0.1", job.port)
        streams.append(stream)
        await asyncio.sleep(_RAMP_SECONDS / len(job.requests))
    await asyncio.gather(*(stream.ended for stream in streams))
    firsts = sorted(stream.first * 1000 for stream in streams if stream.first is not None)
    return StreamOutcome(
        deltas=sum(stream.deltas for stream in streams),
        first_p50=firsts[len(firsts) // 2],
        first_p99=firsts[len(firsts) * 99 // 100],
    )


if __name__ == "__main__":
    found = uvloop.run(_run(msgspec.json.decode(sys.stdin.buffer.read(), type=StreamJob)))
    sys.stdout.buffer.write(msgspec.json.encode(found))
