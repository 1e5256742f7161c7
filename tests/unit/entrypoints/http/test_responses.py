"""Responses whose body is sent as it is made."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from domain.errors import AiAgentError, ConflictError
from entrypoints.http.responses import StreamedResponse


class Exchange:
    """What was sent; the client leaves once it was sent ``pieces`` pieces."""

    def __init__(self, pieces: int | None = None) -> None:
        self.sent: list[Any] = []
        self.bodies: list[bytes] = []
        self._pieces = pieces
        self._left = asyncio.Event()

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        if message["type"] == "http.response.body":
            self.bodies.append(message["body"])
        if len(self.bodies) == self._pieces:
            self._left.set()
        await asyncio.sleep(0)

    async def receive(self) -> Any:
        if not self.sent:
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}


class Pieces:
    """Pieces of a body, after which something may be raised; ``closed`` tells that it was closed."""

    def __init__(self, *pieces: bytes, error: AiAgentError | None = None) -> None:
        self.closed = False
        self._pieces = pieces
        self._error = error

    async def __call__(self) -> AsyncGenerator[bytes, None]:
        try:
            for piece in self._pieces:
                yield piece
            if self._error:
                raise self._error
        finally:
            self.closed = True


async def respond(pieces: Pieces, exchange: Exchange) -> Sequence[Any]:
    response = StreamedResponse(pieces(), media_type="text/x", headers={"X-A": "b"})
    request: Any = None
    scope: Any = {}
    await response.to_asgi_response(None, request)(scope, exchange.receive, exchange.send)
    assert pieces.closed
    return exchange.sent


async def test_the_pieces_follow_the_headers_and_an_empty_one_ends_the_body() -> None:
    exchange = Exchange()

    start, *body = await respond(Pieces(b"a", b"b"), exchange)

    assert (start["status"], sorted(start["headers"])) == (200, [(b"content-type", b"text/x"), (b"x-a", b"b")])
    assert [(one["body"], one["more_body"]) for one in body] == [(b"a", True), (b"b", True), (b"", False)]


async def test_what_breaks_off_is_not_ended(caplog: pytest.LogCaptureFixture) -> None:
    exchange = Exchange()

    with caplog.at_level(logging.WARNING):
        sent = await respond(Pieces(b"a", error=ConflictError("a secret")), exchange)

    assert [one["more_body"] for one in sent[1:]] == [True]
    assert "Response broken off 1 time(s) since the last quiet minute: conflict" in caplog.messages


async def test_for_who_has_left_no_more_is_made() -> None:
    exchange = Exchange(pieces=2)

    await respond(Pieces(*[b"a"] * 100), exchange)

    assert len(exchange.bodies) < 5
