"""A proxy before PostgreSQL that counts preparations, and round trips: the client stops sending, and waits."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit


class CountingProxy:
    """Passes bytes on, both ways, and counts the turns of the conversation; one thread a direction."""

    def __init__(self, listener: socket.socket, place: str | tuple[str, int]) -> None:
        self._listener = listener
        self._place = place
        self._lock = threading.Lock()
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self.reset()

    def __enter__(self) -> Self:
        self._listener.listen()
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for end in [self._listener, *self._ends]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in [self._listener, *self._ends]:
            end.close()

    def reset(self) -> None:
        """Count from zero again."""
        self.round_trips = 0
        self.prepared = 0

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX if isinstance(self._place, str) else socket.AF_INET)
                server.connect(self._place)
                self._ends += [client, server]
                turn = _Turn()
                for source, target, is_client in ((client, server, True), (server, client, False)):
                    thread = threading.Thread(target=self._pass, args=(source, target, turn, is_client))
                    self._threads.append(thread)
                    thread.start()

    def _pass(self, source: socket.socket, target: socket.socket, turn: "_Turn", is_client: bool) -> None:  # noqa: FBT001 - a thread's arguments
        with suppress(OSError):
            while data := source.recv(65536):
                with self._lock:
                    if is_client:
                        self.round_trips += not turn.is_clients
                        self.prepared += turn.count_prepared(data)
                    turn.is_clients = is_client
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


class _Turn:
    """Whose turn it is on one connection, and how far the client's messages were read."""

    is_clients = False

    def __init__(self) -> None:
        self._unread = b""
        self._kind_length = 0  # the first message has a length only

    def count_prepared(self, data: bytes) -> int:
        """How many of the client's messages that end in this piece ask to parse a statement."""
        self._unread += data
        count = 0
        while len(self._unread) >= self._kind_length + 4:
            (length,) = struct.unpack_from("!I", self._unread, self._kind_length)
            if len(self._unread) < self._kind_length + length:
                break
            count += self._unread[: self._kind_length] == b"P"
            self._unread = self._unread[self._kind_length + length :]
            self._kind_length = 1
        return count


@contextmanager
def counting_proxy(url: str, folder: Path) -> Iterator[tuple[str, CountingProxy]]:
    """A proxy before the database, and the URL that leads through it."""
    parts = urlsplit(url)
    sockets = parse_qs(parts.query).get("host")
    port = parts.port or 5432
    place = f"{sockets[0]}/.s.PGSQL.{port}" if sockets else (parts.hostname or "", port)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / ".s.PGSQL.5432"))
    with CountingProxy(listener, place) as proxy:
        login = parts.netloc.rpartition("@")[0]
        yield f"postgresql://{login + '@' if login else ''}{parts.path}?host={folder}", proxy
