"""Responses: ask for one, plain or streamed; read one, follow it, stop it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from domain.errors import NotFoundError
from domain.reply import ReplyAddress
from domain.reply_events import ReplyEvent
from domain.roles import Role
from entrypoints.http.errors import RequestError
from entrypoints.http.event_stream import EventStream
from entrypoints.http.request import ApiRequest
from entrypoints.http.responses import JsonResponse, mark
from entrypoints.http.route_options import WITHOUT_DEADLINE
from entrypoints.openai_api.response_body import ResponseBody
from entrypoints.openai_api.response_events import ResponseEvents
from entrypoints.openai_api.response_frames import ResponseFrames
from entrypoints.openai_api.response_ids import require_reply
from entrypoints.openai_api.response_views import ResponseView, response_in_progress
from entrypoints.openai_api.retries import IS_WRITE, key_of_write


def responses_router(model: str) -> Router:
    """The routes of responses by this model."""

    @post(status_code=HTTPStatus.OK, opt={IS_WRITE: True, WITHOUT_DEADLINE: True})
    async def create(request: ApiRequest, data: JSONBody[ResponseBody]) -> Response[Any]:
        if data.model not in {None, model}:
            raise RequestError(HTTPStatus.NOT_FOUND, "model_not_found", "There is no such model.")
        begun = await request.application.begin_reply(
            request.principal,
            data.to_message(),
            conversation_id=data.conversation_id(),
            key=await key_of_write(request),
        )
        headers, created_at = mark(replayed=begun.replayed), begun.user_message.created_at
        return await _answer(request, begun.address, created_at, is_stream=bool(data.stream), headers=headers)

    @get("/{response_id:str}")
    async def retrieve(
        request: ApiRequest,
        response_id: FromPath[str],
        stream: Annotated[bool, QueryParameter()] = False,  # noqa: FBT002 - a query parameter
        starting_after: Annotated[int | None, QueryParameter(ge=0)] = None,
    ) -> Response[Any]:
        request.require_plain_query()
        reply = require_reply(request.principal.owner_id, response_id)
        created_at = await _require_reply(request, reply)
        if stream:
            return await _answer(request, reply, created_at, is_stream=True, after=starting_after)
        if await request.application.follow_reply(request.principal, reply.conversation_id) == reply:
            return JsonResponse(response_in_progress(reply, model, created_at))
        return await _answer(request, reply, created_at)

    @post("/{response_id:str}/cancel", status_code=HTTPStatus.OK)
    async def cancel(request: ApiRequest, response_id: FromPath[str]) -> Response[Any]:
        reply = require_reply(request.principal.owner_id, response_id)
        created_at = await _require_reply(request, reply)
        if await request.application.follow_reply(request.principal, reply.conversation_id) == reply:
            await request.application.stop_reply(request.principal, reply.conversation_id)
        return await _answer(request, reply, created_at)

    async def _answer(
        request: ApiRequest,
        reply: ReplyAddress,
        created_at: datetime,
        *,
        is_stream: bool = False,
        after: int | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Response[Any]:
        events = ResponseEvents(reply, response_in_progress(reply, model, created_at))
        told = request.application.follow_reply.events(reply)
        if is_stream:
            frames = _frames(told, events, ResponseFrames(after))
            return EventStream(frames, authenticate=request.authenticate_again, headers=headers)
        return JsonResponse(await _whole(told, events), headers=dict(headers))

    return Router("/responses", route_handlers=[create, retrieve, cancel])


async def _require_reply(request: ApiRequest, reply: ReplyAddress) -> datetime:
    """When the reply began. Raises NotFoundError if the caller has no such reply."""
    message = await request.application.get_message(request.principal, reply.conversation_id, reply.seq)
    if message.role is not Role.ASSISTANT:
        raise NotFoundError
    return message.created_at


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
