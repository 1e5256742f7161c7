"""Replies that run, over HTTP: follow one, stop one."""

from http import HTTPStatus
from typing import Annotated

from litestar import Response, get, post
from litestar.params import FromPath, HeaderParameter

from domain.identifiers import format_conversation_id
from entrypoints.http.event_stream import MEDIA_TYPE
from entrypoints.http.request import ApiRequest
from entrypoints.native_api.documented import documented
from entrypoints.native_api.identifiers import require_conversation_id
from entrypoints.native_api.reply_streams import stream_of
from entrypoints.native_api.responses import done, nothing
from entrypoints.native_api.ui_message_stream import reply_seq_of
from entrypoints.native_api.views import MessageView


@get(
    "/chat/{conversation_id:str}/stream",
    media_type=MEDIA_TYPE,
    tags=["Chat"],
    summary="Follow the reply that runs",
    operation_id="followReply",
    opt=documented(HTTPStatus.NOT_FOUND, successes=[HTTPStatus.NO_CONTENT]),
)
async def follow(
    request: ApiRequest,
    conversation_id: FromPath[str],
    last_event_id: Annotated[
        str | None,
        HeaderParameter(name="Last-Event-ID", description="The last frame that the client has; what follows is sent."),
    ] = None,
) -> Response[str]:
    """Get the reply that runs in a conversation, from its first event on, as it is made. 204 if no reply runs.

    `Last-Event-ID` also names a reply that has ended meanwhile: its rest is sent for ten minutes, unless
    another turn has followed.
    """
    place = require_conversation_id(conversation_id)
    reply = await request.application.follow_reply(request.principal, place, known_seq=reply_seq_of(last_event_id))
    return nothing() if reply is None else stream_of(request, reply, last_event_id=last_event_id)


@post(
    "/conversations/{conversation_id:str}/stop",
    status_code=200,
    tags=["Chat"],
    summary="Stop the reply that runs",
    operation_id="stopReply",
    opt=documented(HTTPStatus.NOT_FOUND, successes=[HTTPStatus.NO_CONTENT], takes_key=False),
)
async def stop(request: ApiRequest, conversation_id: FromPath[str]) -> Response[MessageView]:
    """End the reply that runs in a conversation, within two seconds, with what it has said, and return its message.

    After the response the next turn is not refused. 204 if no reply runs.
    """
    place = require_conversation_id(conversation_id)
    message = await request.application.stop_reply(request.principal, place)
    return nothing() if message is None else done(MessageView.of(message, format_conversation_id(place)))
