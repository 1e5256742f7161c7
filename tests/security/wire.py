"""Bytes sent as they are, and the answers taken apart without leniency."""

import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Za-z' -]+")
_BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer: its raw head too, as a search for what must not be there reads everything."""

    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class IncompleteError(Exception):
    """What came is no whole HTTP answer."""


def exchange(address: str, request: bytes, answers: int, *, head: bool = False) -> list[Answer]:
    """All answers to what is sent on one connection, read to the server's end; ``head``: they have no bodies.

    The sending side is ended once so many answers were read, so that whatever else would come, comes.
    """
    place = urlsplit(address)
    data = b""
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=8) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        ended = False
        while True:
            found, rest = _take_apart(data, head=head)
            if len(found) >= answers and not ended:
                ended = True
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                break
            data += piece
    if rest:
        raise IncompleteError(rest[:500])
    return found


def _take_apart(data: bytes, *, head: bool) -> tuple[list[Answer], bytes]:
    found: list[Answer] = []
    while True:
        top, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            return found, data
        line, *fields = top.split(b"\r\n")
        match = _STATUS_LINE.fullmatch(line)
        if match is None:
            raise IncompleteError(line[:500])
        status = int(match[1])
        headers = _headers(fields)
        size = 0 if head or status in _BODILESS or status < 200 else int(headers["content-length"])
        if len(rest) < size:
            return found, data
        if status >= 200:
            found.append(Answer(status, headers, rest[:size], top + end + rest[:size]))
        data = rest[size:]


def _headers(fields: list[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for field in fields:
        name, colon, value = field.decode("ascii").partition(": ")
        if not colon or (name.lower() in headers and name.lower() != "vary"):
            raise IncompleteError(field)
        headers[name.lower()] = value
    return headers
