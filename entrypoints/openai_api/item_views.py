"""Items as OpenAI's clients get them: complete, each with its id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from domain.message import Message, Status
from domain.response_items import items_of
from entrypoints.openai_api.item_ids import ASSIGNED, Place, format_item_id

type Item = Mapping[str, Any]

_STATUS: Final[Mapping[Status, str]] = {
    Status.COMPLETED: "completed",
    Status.INCOMPLETE: "incomplete",
    Status.FAILED: "incomplete",
}
_PART_DEFAULTS: Final[Mapping[str, Item]] = {
    "output_text": {"annotations": (), "logprobs": ()},
    "input_image": {"detail": "auto"},
}
"""What clients need of a part, where it does not have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedItem:
    """An item where it is; ``address`` is its id, or would be if it did not keep one of its own."""

    place: Place
    address: str
    view: Item

    @classmethod
    def of(cls, message: Message, number: int, item: Item) -> Self:
        """The item of a message that has this number."""
        kind, place = kind_of(item), Place(message.seq, number)
        address = format_item_id(kind, message.conversation_id, place)
        own = item.get("id")
        item_id = own if isinstance(own, str) and own and kind not in ASSIGNED else address
        return cls(place=place, address=address, view={**item, **_completed(kind, item, message.status), "id": item_id})


def placed_items(messages: Sequence[Message]) -> list[PlacedItem]:
    """The items of messages, in their order."""
    return [
        PlacedItem.of(message, number, item) for message in messages for number, item in enumerate(items_of([message]))
    ]


def kind_of(item: Item) -> str:
    """Its type; a message may come without one."""
    return str(item.get("type", "message"))


def _completed(kind: str, item: Item, status: Status) -> Item:
    """The fields that an item of this type must have. Its own values are kept."""
    if kind not in ASSIGNED:
        return {}
    fields: dict[str, Any] = {"type": kind, "status": item.get("status") or _STATUS[status]}
    if kind == "message":
        fields["content"] = _parts(str(item.get("role")), item.get("content"))
    elif isinstance(item.get("output"), list):
        fields["output"] = _parts("user", item["output"])
    return fields


def _parts(role: str, content: object) -> list[Item]:
    if isinstance(content, str):
        content = [{"type": "output_text" if role == "assistant" else "input_text", "text": content}]
    parts = content if isinstance(content, list) else []
    return [
        {**_PART_DEFAULTS.get(str(part.get("type")), {}), **part} if isinstance(part, dict) else part for part in parts
    ]
