"""Answers in JSON, with what belongs into their headers: Location, ETag, whether they were given before."""

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
    def to_asgi_response(  # type: ignore[override]  # it shall answer, and that is all that is asked of it
        self, app: None, request: Request[Any, Any, Any], *, status_code: int | None = None, **_: Any
    ) -> ASGIApp:
        status = self.status_code or status_code or HTTPStatus.OK
        headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        body = b""
        if status != HTTPStatus.NO_CONTENT:
            body = _encode(self.content)
            headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]

        async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send_answer(send, status, headers, body)

        return answer


async def send_answer(send: Send, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
    """Answer in one piece."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def created[View: msgspec.Struct](
    view: View, *, replayed: bool, location: str | None = None, last_seq: int | None = None
) -> JsonResponse[View]:
    """201, with the new thing's Location, and the ETag of the conversation."""
    headers = {"Location": location} if location else {}
    return JsonResponse(
        view, status_code=HTTPStatus.CREATED, headers=headers | _etag(last_seq) | _mark(replayed=replayed)
    )


def done[View: msgspec.Struct](
    view: View, *, replayed: bool = False, last_seq: int | None = None
) -> JsonResponse[View]:
    """200, with the ETag of the conversation if it is the answer."""
    return JsonResponse(view, status_code=HTTPStatus.OK, headers=_etag(last_seq) | _mark(replayed=replayed))


def _etag(last_seq: int | None) -> dict[str, str]:
    """A conversation's entity tag: it changes with every append, and only then."""
    return {} if last_seq is None else {"ETag": f'"{last_seq}"'}


def _mark(*, replayed: bool) -> dict[str, str]:
    return {"Idempotent-Replayed": "true"} if replayed else {}
