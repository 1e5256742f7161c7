"""A proxy that understands PostgreSQL's protocol, and cuts a connection at the message that it is told."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

from adapters.postgres.address import DatabaseAddress

_SECONDS_TO_ANSWER = 5.0
_STARTUP, _PASSWORD, _SYNC, _TERMINATE, _READY = b"", b"p", b"S", b"X", b"Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Cut at the client's message ``at`` (from 1); ``forwards`` it first, and lets the database answer into the void.

    ``stays``: until it is mended, no other connection is let through either.
    """

    at: int
    forwards: bool
    stays: bool


class ProtocolProxy:
    """Passes whole messages on, both ways; one thread a direction."""

    def __init__(self, database_url: str) -> None:
        address = DatabaseAddress.parse(database_url).arguments
        host, port = address.get("host") or "127.0.0.1", address.get("port") or 5432
        self._place: Any = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        parts = urlsplit(database_url)
        user = parts.netloc.rpartition("@")[0]
        here = f"{user}@127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = urlunsplit(parts._replace(netloc=here, query="sslmode=disable"))
        self._lock = threading.Lock()
        self._cut: Cut | None = None
        self._count = 0
        self._shut = False
        self._links: list[_Link] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.break_all()
        for thread in self._threads:
            thread.join()

    def arm(self, cut: Cut) -> None:
        """Count the client's messages from here, on whatever connection, and cut at the one."""
        with self._lock:
            self._cut, self._count = cut, 0

    def mend(self) -> bool:
        """Let all pass again; whether there was a cut since it was armed."""
        with self._lock:
            was_cut = self._cut is None
            self._cut, self._shut = None, False
        return was_cut

    def break_all(self) -> None:
        """Close every connection."""
        for link in self._links:
            link.close()
        self._links.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._shut:
                    client.close()
                    continue
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # for messages go one by one
                server = socket.socket(socket.AF_UNIX if isinstance(self._place, str) else socket.AF_INET)
                server.connect(self._place)
                if server.family != socket.AF_UNIX:
                    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                link = _Link(client, server)
                self._links.append(link)
                for direction in (self._pass_questions, self._pass_answers):
                    thread = threading.Thread(target=direction, args=(link,))
                    self._threads.append(thread)
                    thread.start()

    def _pass_questions(self, link: "_Link") -> None:
        with suppress(OSError):
            for kind, message in _messages(link.client, begins_untyped=True):
                cut = None if kind == _TERMINATE else self._due()
                if cut is None:
                    link.server.sendall(message)
                    continue
                if cut.forwards:
                    link.awaited = {_STARTUP: b"", _PASSWORD: b""}.get(kind, _READY)
                    link.swallows = True
                    link.server.sendall(message)
                    if kind in (_STARTUP, _PASSWORD, _SYNC):
                        assert link.answered.wait(_SECONDS_TO_ANSWER)
                break
        link.close()

    def _due(self) -> Cut | None:
        with self._lock:
            self._count += 1
            cut = self._cut
            if cut is None or cut.at != self._count:
                return None
            self._cut, self._shut = None, cut.stays
            return cut

    def _pass_answers(self, link: "_Link") -> None:
        with suppress(OSError):
            for kind, message in _messages(link.server, begins_untyped=False):
                if not link.swallows:
                    link.client.sendall(message)
                elif kind.startswith(link.awaited):
                    link.answered.set()
        link.answered.set()
        link.close()


class _Link:
    """One connection through the proxy."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.swallows = False
        self.awaited = _READY
        self.answered = threading.Event()

    def close(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _messages(source: socket.socket, *, begins_untyped: bool) -> Iterator[tuple[bytes, bytes]]:
    """Each message with its type; a client's first one has none."""
    kind_length = 0 if begins_untyped else 1
    with source.makefile("rb") as stream:
        while head := stream.read(kind_length + 4):
            (length,) = struct.unpack("!I", head[kind_length:])
            yield head[:kind_length], head + stream.read(length - 4)
            kind_length = 1
