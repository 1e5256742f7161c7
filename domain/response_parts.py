"""The content of OpenAI Responses items as content of chat messages, and back."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from domain.content import Content, ContentPart
from domain.roles import KNOWN_PARTS, Role

_TEXTS: Final = frozenset({"input_text", "output_text", "text"})


def content_of(role: Role, content: object) -> Content | None:
    """What chat messages can say of it: text, or parts without those that they have no form for; None if all have none.

    A single text is given as a string, which is the form that every client knows.
    """
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return None
    parts = [chat for part in content if isinstance(part, Mapping) and (chat := _chat_part(part))]
    known = [part for part in parts if part["type"] in KNOWN_PARTS[role]]
    if len(known) == 1 and isinstance(text := known[0].get("text"), str):
        return text
    return known or None


def item_content_of(role: Role, content: Content) -> Content:
    """The content of the item for a chat message; parts that nobody knows stay as they are."""
    return content if isinstance(content, str) else [_item_part(role, part) for part in content]


def _chat_part(part: ContentPart) -> dict[str, Any] | None:
    kind = str(part.get("type"))
    if kind in _TEXTS:
        return {"type": "text", "text": part.get("text")}
    if kind == "refusal":
        return {"type": "refusal", "refusal": part.get("refusal")}
    if kind == "input_image" and isinstance(part.get("image_url"), str):
        return {"type": "image_url", "image_url": {"url": part["image_url"], "detail": part.get("detail", "auto")}}
    if kind == "input_file" and any(isinstance(part.get(name), str) for name in ("file_id", "file_data")):
        names = [name for name in ("file_id", "file_data", "filename") if isinstance(part.get(name), str)]
        return {"type": "file", "file": {name: part[name] for name in names}}
    return dict(part) if kind == "input_audio" else None


def _item_part(role: Role, part: ContentPart) -> dict[str, Any]:
    kind = part["type"]
    if kind == "text" and role is Role.ASSISTANT:
        return {"type": "output_text", "text": part["text"], "annotations": []}
    if kind == "text":
        return {"type": "input_text", "text": part["text"]}
    if kind == "image_url":
        image = part["image_url"]
        return {"type": "input_image", "image_url": image["url"], "detail": image.get("detail", "auto")}
    if kind == "file":
        return {"type": "input_file", **part["file"]}
    return dict(part)
