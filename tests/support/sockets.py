"""Sockets, for tests of what well-behaved clients do not do."""

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

_PORTS = range(15_000, 32_000)
"""Below those that systems give to whoever asks for any port: Linux from 32,768 on, macOS from 49,152 on."""


def free_port() -> int:
    """A port that nobody listens on, and that the system gives to nobody before it is used."""
    while True:
        port = random.choice(_PORTS)  # noqa: S311 - no secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@contextmanager
def connected(address: str, *, receive_buffer: int | None = None) -> Iterator[socket.socket]:
    """A connection to a server, whose kernel takes about so many bytes before they are read."""
    place = urlsplit(address)
    with socket.socket() as connection:
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(20)
        connection.connect((place.hostname, place.port))
        yield connection


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes; what it resets counts as closed."""
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return received
