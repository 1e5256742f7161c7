"""Chat: say something, get the reply."""

from http import HTTPStatus

from litestar import Response, post
from litestar.params import JSONBody

from entrypoints.http.request import ApiRequest
from entrypoints.native_api.bodies import ChatBody
from entrypoints.native_api.documented import documented
from entrypoints.native_api.identifiers import require_conversation_id
from entrypoints.native_api.responses import done
from entrypoints.native_api.views import ChatView


@post(
    "/chat",
    status_code=200,
    tags=["Chat"],
    summary="Say something, get the reply",
    operation_id="chat",
    opt=documented(HTTPStatus.NOT_FOUND, HTTPStatus.BAD_GATEWAY),
)
async def chat(request: ApiRequest, data: JSONBody[ChatBody]) -> Response[ChatView]:
    """Save the user's message (in a new conversation if none is named), get the reply, save it, return both.

    The message is committed before the reply begins: if the reply fails (502), the message is kept.
    """
    turn = await request.application.chat(
        request.principal,
        data.message,
        conversation_id=None if data.conversation_id is None else require_conversation_id(data.conversation_id),
        metadata=data.metadata,
        key=await request.idempotency_key(),
    )
    return done(ChatView.of(turn), replayed=turn.replayed)
