"""Bodies that are sent as they are made: how far they are made."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from entrypoints.http.head_requests import IS_HEAD
from entrypoints.http.responses import StreamedResponse


class Pieces:
    """Makes a hundred pieces, and notes how many were made and whether it was closed."""

    def __init__(self) -> None:
        self.made = 0
        self.is_closed = False

    async def make(self) -> AsyncGenerator[bytes, None]:
        try:
            for _ in range(100):
                self.made += 1
                yield b"piece"
        finally:
            self.is_closed = True


async def respond(pieces: Pieces, **state: Any) -> list[dict[str, Any]]:
    """What is sent to a client that stays."""
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    app: Any = StreamedResponse(pieces.make(), media_type="text/plain").to_asgi_response(None, request=None)  # type: ignore[arg-type]  # it is not looked at
    await app({"type": "http", "state": state}, receive, send)
    return sent


@pytest.mark.parametrize(("state", "made"), [({}, 100), ({IS_HEAD: True}, 1)])
async def test_a_body_is_made_for_who_gets_it_and_then_closed(state: dict[str, Any], made: int) -> None:
    pieces = Pieces()

    sent = await respond(pieces, **state)

    assert (pieces.made, pieces.is_closed) == (made, True)
    assert [message["type"] for message in sent] == ["http.response.start"] + ["http.response.body"] * (
        101 if made == 100 else 1
    )
    assert not sent[-1]["more_body"]
