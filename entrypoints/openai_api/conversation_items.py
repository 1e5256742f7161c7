"""Items of a conversation: create, list, read one, remove."""

from http import HTTPStatus
from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from domain.errors import MessageNotFoundError
from domain.identifiers import ConversationId
from domain.pages import MessageWindow
from entrypoints.http.request import ApiRequest
from entrypoints.openai_api.addresses import place_of, require_conversation_id
from entrypoints.openai_api.bodies import ItemsBody, to_messages
from entrypoints.openai_api.item_lists import list_items
from entrypoints.openai_api.item_pages import MAX_ITEMS, Order, list_of
from entrypoints.openai_api.item_views import Item, PlacedItem, placed_items
from entrypoints.openai_api.responses import written
from entrypoints.openai_api.retries import IS_WRITE, charged_write
from entrypoints.openai_api.views import ConversationView, ListView


class ItemController(Controller):
    """The items of one of the caller's conversations."""

    path = "/conversations/{conversation_id:str}/items"

    @post(opt={IS_WRITE: True})
    async def create(
        self, request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[ItemsBody]
    ) -> Response[ListView[Item]]:
        """Append items, all of them or none; the response has these alone."""
        place, messages = require_conversation_id(conversation_id), to_messages(data.items)
        async with charged_write(request, len(messages)) as key:
            appended = await request.application.append_messages(request.principal, place, messages, key=key)
        return written(list_of(placed_items(appended.messages), has_more=False), replayed=appended.replayed)

    @get()
    async def list(
        self,
        request: ApiRequest,
        conversation_id: FromPath[str],
        after: Annotated[str | None, QueryParameter()] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=MAX_ITEMS)] = 20,
        order: Annotated[Order, QueryParameter()] = Order.DESC,
    ) -> ListView[Item]:
        """List items after the one with this id, in this order; long ones make the page shorter."""
        request.require_plain_query()
        conversation = require_conversation_id(conversation_id)
        return await list_items(request, conversation, after=after, limit=limit, order=order)

    @get("/{item_id:str}")
    async def retrieve(self, request: ApiRequest, conversation_id: FromPath[str], item_id: FromPath[str]) -> Item:
        """Read one item."""
        return (await _read(request, require_conversation_id(conversation_id), item_id)).view

    @delete("/{item_id:str}", status_code=HTTPStatus.OK)
    async def delete(
        self, request: ApiRequest, conversation_id: FromPath[str], item_id: FromPath[str]
    ) -> ConversationView:
        """Remove an item; the newest is taken back alone, an earlier call goes with its output."""
        conversation = require_conversation_id(conversation_id)
        item = await _read(request, conversation, item_id)
        await request.application.take_back_message(request.principal, conversation, item.place.seq)
        page = await request.application.read_history(request.principal, conversation, MessageWindow(limit=1))
        return ConversationView.of(page.conversation)


async def _read(request: ApiRequest, conversation_id: ConversationId, item_id: str) -> PlacedItem:
    """The item with this id. Raises MessageNotFoundError."""
    place = await place_of(request, conversation_id, item_id)
    message = await request.application.get_message(request.principal, conversation_id, place.seq)
    for item in placed_items([message]):
        if item.place == place and item_id in {item.address, item.view["id"]}:
            return item
    raise MessageNotFoundError
