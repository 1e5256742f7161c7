"""The floor of streams: the frames that the service sends for an echo, at the same pace, on uvicorn alone."""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import msgspec

type _Scope = MutableMapping[str, Any]
type _Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type _Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_DELAY: Final = float(os.environ.get("ECHO_DELAY", "0"))
_HEADERS: Final = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]
_encode: Final = msgspec.json.Encoder().encode


async def app(scope: _Scope, receive: _Receive, send: _Send) -> None:
    """Serve."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/health/live":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})
        return
    words = msgspec.json.decode((await receive())["body"])["message"].split(" ")
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    number = 0
    for number, word in enumerate(["Echo:", *words], 1):
        await asyncio.sleep(_DELAY)
        chunk = _encode({"type": "text-delta", "id": "text-1", "delta": f"{word} "})
        frame = b"id: 2-%d\ndata: %b\n\n" % (number, chunk)
        await send({"type": "http.response.body", "body": frame, "more_body": True})
    frame = b"id: 2-%d\ndata: [DONE]\n\n" % (number + 1)
    await send({"type": "http.response.body", "body": frame, "more_body": False})
