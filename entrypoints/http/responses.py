"""Responses in JSON, encoded once and sent in one piece."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, override

import msgspec
from litestar import Request, Response
from litestar.types import ASGIApp, Receive, Scope, Send

_encode = msgspec.json.Encoder().encode


class JsonResponse[Content](Response[Content]):
    """A response in JSON, or without a body for 204; Litestar's own steps to make one cost as much as encoding it."""

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


async def send_response(send: Send, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
    """Send a whole response."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
