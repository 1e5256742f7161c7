"""Chat: say something, and get the reply or a stream of it."""

from http import HTTPStatus
from typing import Any

from litestar import Response, post

from domain.identifiers import ConversationId
from entrypoints.http.request import ApiRequest
from entrypoints.native_api.bodies import ChatBody
from entrypoints.native_api.chat_body import read_chat_body
from entrypoints.native_api.documented import documented
from entrypoints.native_api.identifiers import require_conversation_id
from entrypoints.native_api.reply_streams import stream_of
from entrypoints.native_api.responses import accepted, done
from entrypoints.native_api.ui_chat_body import UIChatBody
from entrypoints.native_api.views import ChatView


@post(
    "/chat",
    status_code=200,
    tags=["Chat"],
    summary="Say something, get the reply",
    operation_id="chat",
    opt=documented(
        HTTPStatus.NOT_FOUND,
        HTTPStatus.BAD_GATEWAY,
        successes=[HTTPStatus.ACCEPTED],
        bodies=[ChatBody, UIChatBody],
        may_stream=True,
    ),
)
async def chat(request: ApiRequest) -> Response[ChatView]:
    """Save the user's message (in a new conversation if none is named), wait for the reply, return both.

    The message is saved before the reply begins: if the reply fails (502), the message is kept. The reply goes on
    without its request. If it takes longer than a request may, the response is 202 with what was said until now, and
    `Location` names where to follow it; the same `Idempotency-Key` finds it again. Until it ends, other turns and
    messages in the conversation get 409 `reply_running`. A turn that does not fit with its reply into what the user or
    the conversation may keep gets 403 `too_many_conversations` or `too_many_messages`, and is not saved.

    With `stream` the response is the reply as it is made: server-sent events of the AI SDK's UI message stream. The
    body that the AI SDK's `useChat` sends is taken, too, and always answered by a stream.
    """
    body = read_chat_body(await request.raw_json())
    await request.charge(1)
    if isinstance(body, UIChatBody):
        return await _stream_for_ui(request, body)
    return await (_stream(request, body) if body.stream else _wait(request, body))


async def _wait(request: ApiRequest, body: ChatBody) -> Response[ChatView]:
    turn = await request.application.chat(
        request.principal,
        body.message,
        conversation_id=_place_of(body),
        metadata=body.metadata,
        key=await request.idempotency_key(),
        patience=request.patience,
    )
    view = ChatView.of(turn)
    if turn.is_running:
        return accepted(view, replayed=turn.replayed, location=f"/api/chat/{view.conversation_id}/stream")
    return done(view, replayed=turn.replayed)


async def _stream(request: ApiRequest, body: ChatBody) -> Response[Any]:
    begun = await request.application.begin_reply(
        request.principal,
        body.to_message(),
        conversation_id=_place_of(body),
        key=await request.idempotency_key(),
    )
    return stream_of(request, begun.address, replayed=begun.replayed)


async def _stream_for_ui(request: ApiRequest, body: UIChatBody) -> Response[Any]:
    key = await request.idempotency_key(body.fingerprinted)
    begun = await request.application.begin_reply(
        request.principal,
        body.to_message(has_key=key is not None),
        conversation_id=body.conversation_id(),
        creates=True,
        key=key,
    )
    return stream_of(request, begun.address, replayed=begun.replayed)


def _place_of(body: ChatBody) -> ConversationId | None:
    return None if body.conversation_id is None else require_conversation_id(body.conversation_id)
