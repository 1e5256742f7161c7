"""Chat: say something, get the reply."""

from http import HTTPStatus

from litestar import Response, post
from litestar.params import JSONBody

from entrypoints.http.request import ApiRequest
from entrypoints.native_api.bodies import ChatBody
from entrypoints.native_api.documented import documented
from entrypoints.native_api.identifiers import require_conversation_id
from entrypoints.native_api.responses import accepted, done
from entrypoints.native_api.views import ChatView


@post(
    "/chat",
    status_code=200,
    tags=["Chat"],
    summary="Say something, get the reply",
    operation_id="chat",
    opt=documented(HTTPStatus.NOT_FOUND, HTTPStatus.BAD_GATEWAY, successes=[HTTPStatus.ACCEPTED]),
)
async def chat(request: ApiRequest, data: JSONBody[ChatBody]) -> Response[ChatView]:
    """Save the user's message (in a new conversation if none is named), wait for the reply, return both.

    The message is saved before the reply begins: if the reply fails (502), the message is kept. The reply goes on
    without its request. If it takes longer than a request may, the response is 202 with what was said until now, and
    `Location` names where to follow it; the same `Idempotency-Key` finds it again. Until it ends, other turns and
    messages in the conversation get 409 `reply_running`.
    """
    turn = await request.application.chat(
        request.principal,
        data.message,
        conversation_id=None if data.conversation_id is None else require_conversation_id(data.conversation_id),
        metadata=data.metadata,
        key=await request.idempotency_key(),
        patience=request.patience,
    )
    view = ChatView.of(turn)
    if turn.is_running:
        return accepted(view, replayed=turn.replayed, location=f"/api/chat/{view.conversation_id}/stream")
    return done(view, replayed=turn.replayed)
