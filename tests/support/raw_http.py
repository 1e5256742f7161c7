"""HTTP/1.1 over a socket: requests are sent as they are given, byte for byte."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from tests.support.raw_answers import Answer, IncompleteError, take_answer

type Header = tuple[str | bytes, str | bytes]
"""Name and value."""


class Connection:
    """One connection, kept alive: requests follow each other on it."""

    def __init__(self, address: str) -> None:
        place = urlsplit(address)
        self._socket = socket.create_connection((place.hostname or "", place.port or 0), timeout=20)
        self._host = place.netloc.encode()
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send; the server may have enough before it has read all."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)

    def end_sending(self) -> None:
        """Let the server know that nothing more comes."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def receive(self, *, has_body: bool = True) -> Answer | None:
        """The next answer, or None if the server closed; ``has_body`` is false of answers to HEAD.

        Raises IncompleteError.
        """
        while True:
            answer, self._received = take_answer(self._received, has_body=has_body)
            if answer is not None:
                return answer
            try:
                piece = self._socket.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                if self._received:
                    raise IncompleteError(self._received[:500])
                return None
            self._received += piece

    def ask(
        self, headers: Sequence[Header] = (), *, method: str = "GET", path: str = "/api/me", body: bytes = b""
    ) -> Answer:
        """Send exactly these headers, in this order, after Host. Raises ConnectionError when no answer comes."""
        fields = [_bytes(name) + b": " + _bytes(value) for name, value in headers]
        if body:
            fields += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
        self.send(b"\r\n".join([f"{method} {path} HTTP/1.1".encode(), b"Host: " + self._host, *fields, b"", body]))
        answer = self.receive()
        if answer is None:
            raise ConnectionError("the server closed without an answer")
        return answer


def exchange(address: str, request: bytes, *, answers: int | None = None, has_bodies: bool = True) -> list[Answer]:
    """All answers to what is sent on one connection, read until the server closes.

    Once so many ``answers`` were read, the sending side is ended, so that whatever else would come, comes.
    """
    found: list[Answer] = []
    with Connection(address) as connection:
        connection.send(request)
        while True:
            if len(found) == answers:
                connection.end_sending()
            answer = connection.receive(has_body=has_bodies)
            if answer is None:
                return found
            found.append(answer)


def ask(address: str, request: bytes) -> Answer:
    """The one answer to a request after which the server closes."""
    (answer,) = exchange(address, request)
    return answer


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
