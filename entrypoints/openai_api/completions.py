"""Chat completions: an answer to messages that nobody keeps, or a turn of a conversation that is named."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from litestar import Response, Router, post
from litestar.params import JSONBody

from domain.reply_events import ReplyEvent
from entrypoints.http.credentials import values_of
from entrypoints.http.event_stream import EventStream
from entrypoints.http.request import ApiRequest
from entrypoints.http.responses import JsonResponse, mark, while_wanted
from entrypoints.http.route_options import WITHOUT_DEADLINE
from entrypoints.openai_api.completion_body import CompletionBody
from entrypoints.openai_api.completion_frames import completion_frames
from entrypoints.openai_api.completion_views import Completion, CompletionHead
from entrypoints.openai_api.errors import CHAT_ERROR_HANDLERS
from entrypoints.openai_api.models import require_model
from entrypoints.openai_api.retries import charged_write, mark_as_write


def completions_router(model: str) -> Router:
    """The one route of completions by this model."""

    @post(status_code=HTTPStatus.OK, opt={WITHOUT_DEADLINE: True})
    async def create(request: ApiRequest, data: JSONBody[CompletionBody]) -> Response[Any]:
        require_model(data.model, model)
        data.require_what_can_be_had()
        named = data.conversation_id(values_of(request.scope["headers"], b"x-conversation-id"))
        if named is None:
            now = datetime.now(UTC)
            reply = request.application.answer_messages(
                request.principal, data.to_messages(), at=now, instructions=data.instructions()
            )
            head, told, headers = CompletionHead.of(reply.address, model, now), reply.events, mark(replayed=False)
        else:
            mark_as_write(request)
            async with charged_write(request, 1) as key:
                begun = await request.application.begin_reply(
                    request.principal,
                    data.to_turn(),
                    conversation_id=named,
                    instructions=data.instructions(),
                    key=key,
                )
            head = CompletionHead.of(begun.address, model, begun.user_message.created_at)
            told, headers = request.application.follow_reply.events(begun.address), mark(replayed=begun.replayed)
        if data.stream:
            frames = completion_frames(told, head, has_usage=data.has_usage)
            return EventStream(frames, authenticate=request.authenticate_again, headers=headers)
        completion = await while_wanted(request.receive, _whole(told))
        return JsonResponse(completion.view(head), headers=headers)

    return Router("/chat/completions", route_handlers=[create], exception_handlers=CHAT_ERROR_HANDLERS)


async def _whole(told: AsyncGenerator[ReplyEvent, None]) -> Completion:
    completion = Completion()
    async with aclosing(told):
        async for event in told:
            completion.add(event)
    return completion
