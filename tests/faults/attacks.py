"""Attacks: clients that send without end, or slowly, or never read. Each returns when the service has ended it."""

import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import repeat

import httpx

from tests.support.sockets import connected

_PIECE = b"y" * 65536
_GONE = select.POLLHUP | select.POLLERR | select.POLLRDHUP
_SECONDS_TO_GIVE_UP = 40.0


@dataclass(frozen=True, slots=True)
class Target:
    """The service, a session's token, and the path of a conversation with large pages."""

    address: str
    token: str
    path: str

    def head(self, line: str, *fields: str) -> bytes:
        """The head of a request of this session's."""
        return "\r\n".join(
            [f"{line} HTTP/1.1", "Host: x", f"Authorization: Bearer {self.token}", *fields, "", ""]
        ).encode()

    @contextmanager
    def connections(self, count: int, received: int | None = None) -> Iterator[list[socket.socket]]:
        """Open ones, of which each takes about so many bytes."""
        with ExitStack() as stack:
            opened = [stack.enter_context(connected(self.address, receive_buffer=received)) for _ in range(count)]
            yield opened


def _send_until_cut(target: Target, start: bytes, pieces: Iterator[bytes], most: int) -> None:
    """Send so many bytes, if the service takes them."""
    with target.connections(1) as (connection,), suppress(OSError):
        connection.sendall(start)
        sent = 0
        while sent < most:
            piece = next(pieces)
            connection.sendall(piece)
            sent += len(piece)


def _hold_until_cut(connections: list[socket.socket], drops: bytes = b"", left: int = 0) -> None:
    """Send the drops again and again, one at a time, until every connection is ended, or all but so many."""
    poll = select.poll()
    held = {connection.fileno(): connection for connection in connections}
    for number in held:
        poll.register(number, select.POLLRDHUP)
    end = time.monotonic() + _SECONDS_TO_GIVE_UP
    count = 0
    while len(held) > left:
        for number, events in poll.poll(200):
            if events & _GONE:
                poll.unregister(number)
                del held[number]
        if drops:
            for connection in held.values():
                with suppress(OSError):
                    connection.send(drops[count % len(drops) : count % len(drops) + 1])
            count += 1
            time.sleep(0.1)
        if time.monotonic() > end:
            raise TimeoutError(f"{len(held)} connections are still open")


def endless_header(target: Target, most: int = 300 * 10**6) -> None:
    """One header field of 300 MB."""
    _send_until_cut(target, b"GET / HTTP/1.1\r\nHost: x\r\nX: ", repeat(_PIECE), most)


def endless_headers(target: Target) -> None:
    """2,000,000 header fields."""
    _send_until_cut(target, b"GET / HTTP/1.1\r\nHost: x\r\n", repeat(b"a: b\r\n" * 10_000), 12 * 10**6)


def large_cookies(target: Target) -> None:
    """600 cookies of 200 KB, and 600 of 15 KB, which the limits let in."""
    for size in (200_000, 15_000):
        for number in range(600):
            cookie = f"GET /api/me HTTP/1.1\r\nHost: x\r\nCookie: a{number}=".encode() + b"y" * size + b"\r\n\r\n"
            with target.connections(1) as (connection,), suppress(OSError):
                connection.sendall(cookie)
                connection.recv(4096)


def many_queries(target: Target) -> None:
    """500 queries, each of another 4 KB in 32 fields."""
    with httpx.Client(base_url=target.address, headers={"Authorization": f"Bearer {target.token}"}) as client:
        for number in range(500):
            query = "&".join(f"{field}-{number}={'y' * 110}" for field in range(32))
            client.get(f"/api/conversations?{query}").raise_for_status()


def large_body(target: Target) -> None:
    """A body of 200 MB, with its length."""
    fields = ("Content-Type: application/json", "Content-Length: 200000000")
    _send_until_cut(target, target.head("POST /api/chat", *fields), repeat(_PIECE), 200 * 10**6)


def large_chunks(target: Target) -> None:
    """A body of 200 MB, in chunks."""
    fields = ("Content-Type: application/json", "Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + _PIECE + b"\r\n"
    _send_until_cut(target, target.head("POST /api/chat", *fields), repeat(chunk), 200 * 10**6)


def _chunked(target: Target) -> bytes:
    """The head of a request of nobody's, whose body comes in chunks."""
    return target.head("POST /api/chat", "Transfer-Encoding: chunked").replace(target.token.encode(), b"nobody")


def endless_trailer(target: Target) -> None:
    """One field of 300 MB behind a body."""
    _send_until_cut(target, _chunked(target) + b"2\r\n{}\r\n0\r\nX: ", repeat(_PIECE), 300 * 10**6)


def endless_trailers(target: Target) -> None:
    """10,000,000 fields behind a body."""
    fields = repeat(b"a: b\r\n" * 10_000)
    _send_until_cut(target, _chunked(target) + b"2\r\n{}\r\n0\r\n", fields, 60 * 10**6)


def endless_extension(target: Target) -> None:
    """300 MB beside the size of a chunk."""
    _send_until_cut(target, _chunked(target) + b"2;a=", repeat(_PIECE), 300 * 10**6)


def tiny_chunks(target: Target) -> None:
    """20 bodies of 1 MB, in chunks of one byte."""
    with target.connections(20) as connections:
        for connection in connections:
            connection.sendall(_chunked(target))
        for _ in range(100):
            for connection in connections:
                with suppress(OSError):
                    connection.sendall(b"1\r\n \r\n" * 10_000)


def body_for_nobody(target: Target) -> None:
    """A body of 200 MB for what does not exist."""
    _send_until_cut(target, target.head("POST /nothing", "Content-Length: 200000000"), repeat(_PIECE), 200 * 10**6)


def pipelined(target: Target) -> None:
    """50 times 10,000 requests that do not wait for their answers."""
    with target.connections(50) as connections:
        for connection in connections:
            connection.settimeout(0.2)
            with suppress(OSError):
                connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n" * 10_000)
        _hold_until_cut(connections)


def flood(target: Target) -> None:
    """5,000 connections that end soon, and 2,000 at once."""
    for count in (*repeat(100, 50), 2000):
        with target.connections(count):
            pass


def silent(target: Target) -> None:
    """50 connections that say nothing."""
    with target.connections(50) as connections:
        _hold_until_cut(connections)


def slow_headers(target: Target) -> None:
    """100 headers, letter by letter."""
    with target.connections(100) as connections:
        for connection in connections:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        _hold_until_cut(connections, b"a: b\r\n")


def empty_lines(target: Target) -> None:
    """50 connections that send line ends after a request: they are no request, but not nothing."""
    with target.connections(50) as connections:
        for connection in connections:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        _hold_until_cut(connections, b"\r\n")


def slow_bodies(target: Target) -> None:
    """100 bodies, byte by byte."""
    fields = ("Content-Type: application/json", "Content-Length: 100000")
    with target.connections(100) as connections:
        for connection in connections:
            connection.sendall(target.head("POST /api/chat", *fields))
        _hold_until_cut(connections, b" ")


def large_bodies(target: Target) -> None:
    """300 bodies of 1 MB that lack their last byte."""
    fields = ("Content-Type: application/json", "Content-Length: 1000001")
    with target.connections(300) as connections:
        for connection in connections:
            with suppress(OSError):
                connection.sendall(target.head("POST /api/chat", *fields) + b" " * 1_000_000)
        _hold_until_cut(connections)


def idle(target: Target) -> None:
    """1,000 connections that are kept alive, and not used: more than fit, so some are ended; the others after 5 s."""
    with target.connections(1000) as connections:
        for connection in connections:
            with suppress(OSError):
                connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        _hold_until_cut(connections, left=900)
        time.sleep(5)


def readers(target: Target) -> None:
    """200 clients that ask for pages of 400 KB, and do not read them."""
    with target.connections(200, received=4096) as connections:
        for connection in connections:
            connection.sendall(target.head(f"GET {target.path}/messages?limit=200") * 20)
            time.sleep(0.02)  # it is not the work that shall hurt
        _hold_until_cut(connections)


type Attack = Callable[[Target], None]

QUICK: Sequence[Attack] = (
    endless_header, endless_headers, large_cookies, many_queries, large_body, large_chunks, endless_trailer,
    endless_trailers, endless_extension, tiny_chunks, body_for_nobody, pipelined, flood,
)  # fmt: skip
SLOW: Sequence[Mapping[Attack, float]] = (
    {silent: 11, slow_headers: 11, empty_lines: 11, slow_bodies: 11},
    {idle: 11, large_bodies: 13},
    {readers: 29},
)
"""Attacks that the service ends by its deadlines, together; within how many seconds it must (200 readers ask for 4)."""
