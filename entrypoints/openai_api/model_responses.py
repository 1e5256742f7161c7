"""Responses: ask for one, plain or streamed; read one, follow it, stop it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from domain.reply import ReplyAddress
from domain.reply_events import ReplyEvent
from entrypoints.http.event_stream import EventStream
from entrypoints.http.request import ApiRequest
from entrypoints.http.responses import JsonResponse, mark
from entrypoints.http.route_options import WITHOUT_DEADLINE
from entrypoints.openai_api.asked_responses import AskedResponse
from entrypoints.openai_api.kept_responses import delete_response, list_input_items
from entrypoints.openai_api.models import require_model
from entrypoints.openai_api.response_body import ResponseBody, naming_items_of_input
from entrypoints.openai_api.response_events import ResponseEvents
from entrypoints.openai_api.response_frames import ResponseFrames
from entrypoints.openai_api.response_ids import require_reply
from entrypoints.openai_api.response_views import ResponseView, response_in_progress
from entrypoints.openai_api.retries import IS_WRITE, charged_write


def responses_router(model: str) -> Router:
    """The routes of responses by this model."""

    @post(status_code=HTTPStatus.OK, opt={IS_WRITE: True, WITHOUT_DEADLINE: True})
    async def create(request: ApiRequest, data: JSONBody[ResponseBody]) -> Response[Any]:
        require_model(data.model, model)
        asked, (conversation_id, follows) = data.asked(), data.place(request.principal.owner_id)
        with naming_items_of_input():
            *before, message = data.to_messages()
            async with charged_write(request, len(before) + 1) as key:
                begun = await request.application.begin_reply(
                    request.principal,
                    message,
                    before=before,
                    conversation_id=conversation_id,
                    follows=follows,
                    instructions=asked.instructions,
                    metadata=asked.kept(),
                    key=key,
                )
        response = response_in_progress(begun.address, model, begun.user_message.created_at, asked)
        headers = mark(replayed=begun.replayed)
        if asked.background and not data.stream:
            return JsonResponse(response, headers=headers)
        return await _answer(request, begun.address, response, is_stream=bool(data.stream), headers=headers)

    @get("/{response_id:str}")
    async def retrieve(
        request: ApiRequest,
        response_id: FromPath[str],
        stream: Annotated[bool, QueryParameter()] = False,  # noqa: FBT002 - a query parameter
        starting_after: Annotated[int | None, QueryParameter(ge=0)] = None,
    ) -> Response[Any]:
        request.require_plain_query()
        reply, response = await _find(request, response_id)
        if stream:
            return await _answer(request, reply, response, is_stream=True, after=starting_after)
        if await request.application.follow_reply(request.principal, reply.conversation_id) == reply:
            return JsonResponse(response)
        return await _answer(request, reply, response)

    @post("/{response_id:str}/cancel", status_code=HTTPStatus.OK)
    async def cancel(request: ApiRequest, response_id: FromPath[str]) -> Response[Any]:
        reply, response = await _find(request, response_id)
        if await request.application.follow_reply(request.principal, reply.conversation_id) == reply:
            await request.application.stop_reply(request.principal, reply.conversation_id)
        return await _answer(request, reply, response)

    async def _find(request: ApiRequest, response_id: str) -> tuple[ReplyAddress, ResponseView]:
        """The reply, and its response in progress. Raises NotFoundError if the caller has no such reply."""
        reply = require_reply(request.principal.owner_id, response_id)
        kept = await request.application.find_reply(request.principal, reply.conversation_id, reply.seq)
        return reply, response_in_progress(reply, model, kept.begun_at, AskedResponse.of(kept.metadata))

    return Router("/responses", route_handlers=[create, retrieve, cancel, delete_response, list_input_items])


async def _answer(
    request: ApiRequest,
    reply: ReplyAddress,
    response: ResponseView,
    *,
    is_stream: bool = False,
    after: int | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response[Any]:
    """The response at its end, or its events; ``response`` is that in progress."""
    events, told = ResponseEvents(reply, response), request.application.follow_reply.events(reply)
    if is_stream:
        frames = _frames(told, events, ResponseFrames(after))
        return EventStream(frames, authenticate=request.authenticate_again, headers=headers)
    return JsonResponse(await _whole(told, events), headers=dict(headers))


async def _whole(told: AsyncGenerator[ReplyEvent, None], events: ResponseEvents) -> ResponseView:
    """The response at its end."""
    async with aclosing(told):
        async for event in told:
            for _ in events.add(event):
                pass
    return events.response


async def _frames(
    told: AsyncGenerator[ReplyEvent, None], events: ResponseEvents, frames: ResponseFrames
) -> AsyncGenerator[bytes, None]:
    async with aclosing(told):
        if frame := frames.of(events.begin()):
            yield frame
        async for event in told:
            if frame := frames.of(events.add(event)):
                yield frame
