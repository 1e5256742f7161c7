"""Pages of items, either way; a page of the core has messages, and a message has one item, several or none."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from domain.pages import MAX_MESSAGES, MAX_SEQ, MessagePage, MessageWindow
from entrypoints.openai_api.item_ids import Place
from entrypoints.openai_api.item_views import Item, PlacedItem, placed_items
from entrypoints.openai_api.views import ListView

MAX_ITEMS: Final = 100


class Order(StrEnum):
    """In which order items are listed."""

    ASC = "asc"
    DESC = "desc"


def window_after(place: Place | None, order: Order, limit: int, before: int | None = None) -> MessageWindow:
    """The messages to read for a page; that of ``place`` is among them, since it may have more items.

    ``before``: none of this seq or a later one are wanted; in ascending order ``cut`` takes them away.
    """
    if place is None:
        return MessageWindow(limit=limit, after=0) if order is Order.ASC else MessageWindow(limit=limit, before=before)
    if order is Order.ASC:
        return MessageWindow(limit=limit + 1, after=max(0, place.seq - 1))
    return MessageWindow(limit=limit + 1, before=min(place.seq + 1, before or MAX_SEQ))


def cut(page: MessagePage, before: int) -> MessagePage:
    """The page without the messages from this seq on, behind which there are no more."""
    messages = tuple(message for message in page.messages if message.seq < before)
    reaches_it = len(messages) < len(page.messages) or (messages and messages[-1].seq == before - 1)
    return replace(page, messages=messages, has_more_after=page.has_more_after and not reaches_it)


def window_beyond(page: MessagePage, order: Order) -> MessageWindow | None:
    """The messages that follow on the page; None if there are none."""
    if order is Order.ASC:
        return MessageWindow(limit=MAX_MESSAGES, after=page.messages[-1].seq) if page.has_more_after else None
    return MessageWindow(limit=MAX_MESSAGES, before=page.messages[0].seq) if page.has_more_before else None


def items_after(place: Place | None, order: Order, page: MessagePage) -> list[PlacedItem]:
    """The items of the page that follow the place, in this order."""
    items = placed_items(page.messages)
    if order is Order.DESC:
        items.reverse()
    if place is None:
        return items
    return [one for one in items if (one.place > place if order is Order.ASC else one.place < place)]


def list_of(items: Sequence[PlacedItem], *, has_more: bool) -> ListView[Item]:
    """A page. It begins and ends with addresses, which are the ids of items that keep none of their own."""
    return ListView(
        [one.view for one in items],
        items[0].address if items else None,
        items[-1].address if items else None,
        has_more,
    )
