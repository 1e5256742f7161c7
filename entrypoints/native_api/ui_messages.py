"""The AI SDK's messages: what a user's message of the front end is in the terms of Chat Completions."""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from domain.content import Content, ContentPart
from domain.errors import RuleViolationError
from domain.message import NewMessage
from domain.roles import Role
from entrypoints.http import json_body

_SCHEMES: Final = re.compile(r"https?://|data:", re.ASCII | re.IGNORECASE)
_DATA: Final = re.compile(r"data:", re.ASCII | re.IGNORECASE)


class UIPart(msgspec.Struct, frozen=True, rename="camel"):
    """A part of a message: of the type `text` or `file`; others are passed over."""

    type: str
    text: str | msgspec.UnsetType = msgspec.UNSET
    media_type: str | msgspec.UnsetType = msgspec.UNSET
    url: str | msgspec.UnsetType = msgspec.UNSET
    filename: str | None = None


class UIMessage(msgspec.Struct, frozen=True):
    """A message of the front end; its id and its metadata are not kept."""

    role: str
    parts: list[UIPart]


_DECODER: Final = msgspec.json.Decoder(UIMessage)


def read_message(message: msgspec.Raw, place: str) -> NewMessage:
    """The user's message in the JSON that stands at this ``place`` of the body, such as ``messages[3]``.

    Raises RuleViolationError, naming the field.
    """
    read = json_body.decode(bytes(message), _DECODER, place=place)
    if read.role != Role.USER:
        raise RuleViolationError(f"{place}.role", "must be user: only what the user says is taken from a front end")
    content = _content(read.parts, f"{place}.parts")
    try:
        return NewMessage(role=Role.USER, content=content)
    except RuleViolationError as error:
        raise RuleViolationError(f"{place}.parts", str(error)) from None


def _content(parts: Sequence[UIPart], place: str) -> Content:
    """The texts and the files; a text alone is no list."""
    found = [part for index, one in enumerate(parts) if (part := _part(one, f"{place}[{index}]"))]
    if not found:
        raise RuleViolationError(place, "must have a text or a file")
    return found[0]["text"] if len(found) == 1 and "text" in found[0] else found


def _part(part: UIPart, place: str) -> ContentPart | None:
    """The part in the terms of Chat Completions; None for one that says nothing."""
    match part.type:
        case "text":
            text = _required(part.text, f"{place}.text")
            return {"type": "text", "text": text} if text else None
        case "file":
            return _file(part, place)
        case _:
            return None


def _file(part: UIPart, place: str) -> ContentPart:
    """An image by its address or whole, any other file whole: Chat Completions take no address of one."""
    media_type, url = _required(part.media_type, f"{place}.mediaType"), _required(part.url, f"{place}.url")
    if not _SCHEMES.match(url):
        raise RuleViolationError(f"{place}.url", "must be an address with https:, http: or data:")
    if media_type.partition("/")[0].lower() == "image":
        return {"type": "image_url", "image_url": {"url": url}}
    if not _DATA.match(url):
        raise RuleViolationError(f"{place}.url", "must be a data: URL, unless the file is an image")
    name: dict[str, Any] = {} if part.filename is None else {"filename": part.filename}
    return {"type": "file", "file": {**name, "file_data": url}}


def _required(value: str | msgspec.UnsetType, field: str) -> str:
    if value is msgspec.UNSET:
        raise RuleViolationError(field, "is required")
    return value
