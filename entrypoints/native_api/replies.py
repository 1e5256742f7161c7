"""Replies that run, over HTTP: stop one."""

from http import HTTPStatus

from litestar import Response, post
from litestar.params import FromPath

from domain.identifiers import format_conversation_id
from entrypoints.http.request import ApiRequest
from entrypoints.native_api.documented import documented
from entrypoints.native_api.identifiers import require_conversation_id
from entrypoints.native_api.responses import done, nothing
from entrypoints.native_api.views import MessageView


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
