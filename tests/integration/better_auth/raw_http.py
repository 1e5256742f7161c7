"""Asks over a socket, with header bytes that a well-behaved client would refuse to send."""

import json
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any, Self
from urllib.parse import urlsplit

from tests.support.better_auth_server.verdict import Header


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def refusal(self) -> tuple[int, str]:
        """The status and the code of a problem; of an answer that is none, the status and nothing."""
        is_problem = ("content-type", "application/problem+json") in self.headers
        return self.status, self.json["code"] if is_problem else ""

    def header(self, name: str) -> str | None:
        """The first header of that name, in lower case."""
        return next((value for given, value in self.headers if given == name), None)


class Connection:
    """One connection, kept alive: the requests follow each other on it."""

    def __init__(self, address: str) -> None:
        place = urlsplit(address)
        self._socket = socket.create_connection((place.hostname, place.port), timeout=20)
        self._host = place.netloc.encode()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(
        self, headers: Sequence[Header] = (), *, method: str = "GET", path: str = "/api/me", body: bytes = b""
    ) -> Answer:
        """Send exactly these headers, in this order, after Host. Raises ConnectionError when no answer comes."""
        given = [_bytes(name) + b": " + _bytes(value) for name, value in headers]
        if body:
            given += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
        head = [f"{method} {path} HTTP/1.1".encode(), b"Host: " + self._host, *given]
        with suppress(ConnectionError):  # it may refuse before it has read all
            self._socket.sendall(b"\r\n".join([*head, b"", body]))
        response = HTTPResponse(self._socket, method=method)
        try:
            response.begin()
            content = response.read()
        finally:
            response.close()
        received = tuple((name.lower(), value) for name, value in response.getheaders())
        return Answer(status=response.status, headers=received, body=content)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
