"""Streams of replies: what is said, as frames, to whoever follows."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from litestar import Response

from domain.reply import ReplyAddress
from domain.reply_events import ReplyEvent
from entrypoints.http.event_stream import EventStream
from entrypoints.http.request import ApiRequest
from entrypoints.http.responses import mark
from entrypoints.native_api.ui_message_stream import HEADERS, UIMessageStream


def stream_of(
    request: ApiRequest, reply: ReplyAddress, *, replayed: bool = False, last_event_id: str | None = None
) -> Response[Any]:
    """200, with the reply from its first event to its end; the caller is found to be its owner."""
    rendering = UIMessageStream(reply.conversation_id, reply.seq, last_event_id=last_event_id)
    frames = _frames(request.application.follow_reply.events(reply), rendering)
    return EventStream(frames, authenticate=request.authenticate_again, headers={**HEADERS, **mark(replayed=replayed)})


async def _frames(events: AsyncGenerator[ReplyEvent, None], rendering: UIMessageStream) -> AsyncGenerator[bytes, None]:
    """Frames, as many at a time as the event has; none for one that the client has."""
    async with aclosing(events):
        if frames := rendering.begin():
            yield frames
        async for event in events:
            if frames := rendering.render(event):
                yield frames
