"""Responses: JSON, encoded once and sent in one piece; and bodies that are sent as they are made."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, Final, override

import msgspec
from litestar import Request, Response
from litestar.types import ASGIApp, Receive, Scope, Send

from domain.errors import AiAgentError
from entrypoints.http.errors import RequestError
from entrypoints.http.head_requests import IS_HEAD
from entrypoints.http.tally import Tally
from entrypoints.metrics.catalogue import REPLAYS

_broken: Final = Tally(logging.getLogger(__name__), "Response broken off")
_encode = msgspec.json.Encoder().encode


class JsonResponse[Content](Response[Content]):
    """A response in JSON, or without a body for 204; Litestar's own steps to make one cost as much as encoding it."""

    def __init__(
        self, content: Content, *, status_code: int | None = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> None:
        """What else Litestar's responses may have, such as cookies, is not sent."""
        self.content = content
        self.status_code = status_code
        self.headers = {} if headers is None else {**headers}

    @override
    def to_asgi_response(  # type: ignore[override]  # Litestar asks for no more than an ASGI application
        self, app: None, request: Request[Any, Any, Any], *, status_code: int | None = None, **_: Any
    ) -> ASGIApp:
        status = self.status_code or status_code or HTTPStatus.OK
        headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        body = b""
        if status != HTTPStatus.NO_CONTENT:
            body = _encode(self.content)
            headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]

        async def respond(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send_response(send, status, headers, body)

        return respond


class StreamedResponse(Response[AsyncGenerator[bytes, None]]):
    """A response whose body is sent piece by piece, as it is made; a client that leaves ends it, and so does HEAD.

    What is raised once the response has begun can't be told by a status: the connection is closed before the body's
    end, so that the client knows that it is not complete.
    """

    @override
    def to_asgi_response(  # type: ignore[override]  # Litestar asks for no more than an ASGI application
        self, app: None, request: Request[Any, Any, Any], **_: Any
    ) -> ASGIApp:
        own = {**self.headers, "Content-Type": str(self.media_type)}
        headers = [(name.lower().encode(), value.encode()) for name, value in own.items()]

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            async with aclosing(self.content) as pieces:
                await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": headers})
                gone = asyncio.create_task(until_gone(receive))
                try:
                    async for piece in pieces:
                        if gone.done():
                            return
                        if scope["state"].get(IS_HEAD):
                            break
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                except AiAgentError as error:
                    _broken.count(error.code)
                    return
                finally:
                    gone.cancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        return respond


async def until_gone(receive: Receive) -> None:
    """Return when the client has left, or the response is complete."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def while_wanted[Result](receive: Receive, work: Coroutine[Any, Any, Result]) -> Result:
    """Do this while the client waits for it; it is cancelled when the client leaves, and RequestError is raised."""
    tasks = asyncio.create_task(work), asyncio.create_task(until_gone(receive))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[0].done():
            raise RequestError(HTTPStatus.BAD_REQUEST, "client_gone", "Nobody waits for the answer any more.")
        return tasks[0].result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def send_response(send: Send, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
    """Send a whole response."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def mark(*, replayed: bool) -> dict[str, str]:
    """The header of what was given before under the same Idempotency-Key."""
    if not replayed:
        return {}
    REPLAYS.count()
    return {"Idempotent-Replayed": "true"}
