"""HTTP/1.1 answers, taken apart without leniency."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Za-z' -]+")
_WITHOUT_BODY: Final = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; the names of its headers are in lower case, ``raw`` is all that came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    raw: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)

    @property
    def refusal(self) -> tuple[int, str]:
        """The status and the code of a problem; of an answer that is none, the status and nothing."""
        is_problem = self.headers.get("content-type") == "application/problem+json"
        return self.status, self.json["code"] if is_problem else ""


class IncompleteError(Exception):
    """What came is no whole HTTP answer."""


def take_answer(received: bytes, *, has_body: bool) -> tuple[Answer | None, bytes]:
    """The first answer, if it is whole, and what is behind it; interim answers (1xx) are dropped.

    Raises IncompleteError for what can't become an answer.
    """
    while True:
        head, end, rest = received.partition(b"\r\n\r\n")
        if not end:
            return None, received
        line, *fields = head.split(b"\r\n")
        match = _STATUS_LINE.fullmatch(line)
        if match is None:
            raise IncompleteError(line[:500])
        status, headers = int(match[1]), _headers(fields)
        is_bodiless = not has_body or status in _WITHOUT_BODY or status < 200
        size = 0 if is_bodiless else int(headers["content-length"])
        if len(rest) < size:
            return None, received
        if status >= 200:
            return Answer(status, headers, rest[:size], head + end + rest[:size]), rest[size:]
        received = rest


def _headers(fields: Sequence[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for field in fields:
        name, colon, value = field.decode("ascii").partition(": ")
        if not colon or (name.lower() in headers and name.lower() != "vary"):
            raise IncompleteError(field)
        headers[name.lower()] = value
    return headers
