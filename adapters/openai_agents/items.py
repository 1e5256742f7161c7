"""Input items: a conversation's messages in the form in which the Agents SDK gives them to a model."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from agents import TResponseInputItem
from agents.models.fake_id import FAKE_RESPONSES_ID

from adapters.openai_agents.call_ids import CallIds
from domain.chat_message import ChatMessage

type Item = dict[str, Any]


def input_items(messages: Iterable[ChatMessage]) -> list[TResponseInputItem]:
    """The items of these messages, in order; what Responses items have no field for is a message's ``name`` alone.

    The id of a call differs from those of all others, and not of the open ones alone.
    """
    chats = [message.to_chat() for message in messages]
    _make_ids_unique(chats)
    custom = {call["id"] for chat in chats for call in chat.get("tool_calls", ()) if call["type"] == "custom"}
    return cast("list[TResponseInputItem]", [item for chat in chats for item in _items_of(chat, custom)])


def _make_ids_unique(chats: Iterable[Item]) -> None:
    ids, renamed = CallIds(), dict[str, str]()
    for chat in chats:
        for call in chat.get("tool_calls", ()):
            renamed[call["id"]] = ids.take(call["id"])
            call["id"] = renamed[call["id"]]
        if "tool_call_id" in chat:
            chat["tool_call_id"] = renamed.get(chat["tool_call_id"], chat["tool_call_id"])


def _items_of(chat: Mapping[str, Any], custom: Iterable[str]) -> Iterator[Item]:
    content = chat["content"]
    match chat["role"]:
        case "assistant":
            if content is not None:
                yield _said(content)
            yield from map(_call, chat.get("tool_calls", ()))
        case "tool":
            call_id = chat["tool_call_id"]
            kind = "custom_tool_call_output" if call_id in custom else "function_call_output"
            yield {"type": kind, "call_id": call_id, "output": _input(content)}
        case role:
            yield {"role": role, "content": _input(content)}


def _said(content: str | list[Item]) -> Item:
    """What the assistant said, with an id that the SDK sends to nobody: with it, calls belong to the same message."""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    said = [_output_part(part) for part in parts]
    return {"id": FAKE_RESPONSES_ID, "type": "message", "role": "assistant", "status": "completed", "content": said}


def _output_part(part: Item) -> Item:
    if part["type"] == "text":
        return {"type": "output_text", "text": part["text"], "annotations": []}
    return part


def _input(content: str | list[Item]) -> str | list[Item]:
    return content if isinstance(content, str) else [_input_part(part) for part in content]


def _input_part(part: Item) -> Item:
    """The part in the words of Responses; a part of another type is left as it is."""
    match part:
        case {"type": "text", "text": text}:
            return {"type": "input_text", "text": text}
        case {"type": "image_url", "image_url": {"url": url, **more}}:
            return {"type": "input_image", "image_url": url, "detail": more.get("detail", "auto")}
        case {"type": "file", "file": file}:
            return {"type": "input_file", **file}
        case _:
            return part


def _call(call: Item) -> Item:
    """A call; one of a type that nobody knows becomes a function's."""
    match call:
        case {"type": "function", "function": function}:
            return {"type": "function_call", "call_id": call["id"], **_only(function, "name", "arguments")}
        case {"type": "custom", "custom": custom}:
            return {"type": "custom_tool_call", "call_id": call["id"], **_only(custom, "name", "input")}
        case {"type": kind}:
            arguments = json.dumps(call.get(kind, {}))
            return {"type": "function_call", "call_id": call["id"], "name": kind, "arguments": arguments}
    raise AssertionError  # a stored call has a type


def _only(payload: Item, *keys: str) -> Item:
    return {key: payload[key] for key in keys}
