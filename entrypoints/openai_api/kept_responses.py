"""Responses as they are kept: their input, and what is left when one is deleted."""

from http import HTTPStatus
from typing import Annotated

from litestar import delete, get
from litestar.params import FromPath, QueryParameter

from entrypoints.http.request import ApiRequest
from entrypoints.openai_api.item_lists import list_items
from entrypoints.openai_api.item_pages import MAX_ITEMS, Order
from entrypoints.openai_api.item_views import Item
from entrypoints.openai_api.response_ids import require_reply
from entrypoints.openai_api.views import DeletedView, ListView


@get("/{response_id:str}/input_items")
async def list_input_items(
    request: ApiRequest,
    response_id: FromPath[str],
    after: Annotated[str | None, QueryParameter()] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_ITEMS)] = 20,
    order: Annotated[Order, QueryParameter()] = Order.DESC,
) -> ListView[Item]:
    """List the input after the item with this id: all that was in the conversation before the response."""
    request.require_plain_query()
    reply = require_reply(request.principal.owner_id, response_id)
    await request.application.find_reply(request.principal, reply.conversation_id, reply.seq)
    return await list_items(request, reply.conversation_id, after=after, limit=limit, order=order, before=reply.seq)


@delete("/{response_id:str}", status_code=HTTPStatus.OK)
async def delete_response(request: ApiRequest, response_id: FromPath[str]) -> DeletedView:
    """Delete a response; the items of its conversation stay."""
    reply = require_reply(request.principal.owner_id, response_id)
    await request.application.dissolve_reply(request.principal, reply.conversation_id, reply.seq)
    return DeletedView(response_id, object="response")
