"""Lists of items: a page of those of a conversation, or of those before one of its messages."""

from collections.abc import Sequence

from domain.identifiers import ConversationId
from domain.pages import MessageWindow
from entrypoints.http.request import ApiRequest
from entrypoints.openai_api.addresses import place_of
from entrypoints.openai_api.item_pages import Order, cut, items_after, list_of, window_after, window_beyond
from entrypoints.openai_api.item_views import Item, PlacedItem
from entrypoints.openai_api.views import ListView


async def list_items(
    request: ApiRequest,
    conversation_id: ConversationId,
    *,
    after: str | None,
    limit: int,
    order: Order,
    before: int | None = None,
) -> ListView[Item]:
    """Items after the one with this id, in this order; ``before``: only those of messages before this seq.

    Raises ConversationNotFoundError, MessageNotFoundError.
    """
    place = None if after is None else await place_of(request, conversation_id, after)
    window: MessageWindow | None = window_after(place, order, limit, before)
    items: Sequence[PlacedItem] = []
    while window is not None and not items:  # messages without an item must not look like the end
        page = await request.application.read_history(request.principal, conversation_id, window)
        page = page if before is None else cut(page, before)
        items = items_after(place, order, page)
        window = window_beyond(page, order)
    return list_of(items[:limit], has_more=len(items) > limit or window is not None)
