"""OpenAI Responses items as messages of a conversation, and back, without a loss.

An item is one message, so that it has a place of its own. Messages, function calls and their outputs become chat
messages. Where such a message does not say all of its item, the item is kept beside it. Every other kind is opaque: the
item is all that the message has.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from domain.chat_message import ChatMessage
from domain.content import is_blank
from domain.errors import RuleViolationError
from domain.message import Message, NewMessage, Status
from domain.response_parts import content_of, item_content_of
from domain.roles import Role

type Item = Mapping[str, Any]

_SPEAKERS: Final = {role.value: role for role in (Role.SYSTEM, Role.DEVELOPER, Role.USER, Role.ASSISTANT)}
_CALLS: Final = {"function_call": ("function", "arguments"), "custom_tool_call": ("custom", "input")}
"""For each kind of item that is a call: the type of the tool call, and what carries its input."""
_CALL_ITEMS: Final = {call: (kind, payload) for kind, (call, payload) in _CALLS.items()}
_OUTPUTS: Final = frozenset({"function_call_output", "custom_tool_call_output"})
_UNFINISHED: Final = frozenset({"in_progress", "incomplete"})


def message_of(item: Item) -> NewMessage:
    """The message that keeps the item.

    Raises RuleViolationError for what JSON can't hold, and for what is longer or deeper than content may be.
    """
    chat = _chat_of(item)
    if chat is None:
        return opaque_message_of(item)
    try:
        message = NewMessage(**chat)
    except RuleViolationError:
        return opaque_message_of(item)
    says_all = message.status is Status.COMPLETED and _items_of(message.chat, frozenset()) == [item]
    return message if says_all else NewMessage(**chat, item=item)


def opaque_message_of(item: Item) -> NewMessage:
    """A message that has the item, and nothing that a model gets: it opens no tool call, and answers none."""
    return NewMessage(role=_speaker(item) or Role.ASSISTANT, item=item)


def items_of(messages: Iterable[Message]) -> list[Item]:
    """The items of consecutive messages, oldest first.

    A message that was written as an item is that item again. Of others each text, and each call, is an item. A reply
    that is in progress is left out, and so is an assistant's message that says nothing.
    """
    items: list[Item] = []
    custom: set[str] = set()
    for message in messages:
        if message.status is Status.IN_PROGRESS:
            continue
        calls = message.tool_calls.value if message.tool_calls else ()
        custom.update(call["id"] for call in calls if call["type"] == "custom")
        items += [message.item.value] if message.item else _items_of(message.chat, custom)
    return items


def _chat_of(item: Item) -> dict[str, Any] | None:
    """The fields of the chat message that says what the item says, as far as one can."""
    kind, speaker = str(item.get("type")), _speaker(item)
    chat: dict[str, Any] = {"status": Status.INCOMPLETE if str(item.get("status")) in _UNFINISHED else Status.COMPLETED}
    if speaker is not None:
        return {**chat, "role": speaker, "content": content_of(speaker, item.get("content"))}
    if kind in _CALLS:
        call, payload = _CALLS[kind]
        body = {"name": item.get("name"), payload: item.get(payload)}
        return {**chat, "role": Role.ASSISTANT, "tool_calls": [{"id": item.get("call_id"), "type": call, call: body}]}
    if kind in _OUTPUTS:
        content = content_of(Role.TOOL, item.get("output"))
        return {**chat, "role": Role.TOOL, "tool_call_id": item.get("call_id"), "content": content or ""}
    return None


def _speaker(item: Item) -> Role | None:
    is_message = item.get("type", "message") == "message"
    return _SPEAKERS.get(str(item.get("role"))) if is_message else None


def _items_of(chat: ChatMessage, custom: Collection[str]) -> list[Item]:
    """The items that say what a chat message says; ``custom``: the calls whose outputs are of the custom kind."""
    content = None if chat.content is None else chat.content.value
    if chat.role is Role.TOOL:
        kind = "custom_tool_call_output" if str(chat.tool_call_id) in custom else "function_call_output"
        output = content if content is None else item_content_of(chat.role, content)
        return [{"type": kind, "call_id": chat.tool_call_id, "output": output}]
    items: list[Item] = []
    if content is not None and not (chat.role is Role.ASSISTANT and is_blank(content)):
        items.append(_message_item(chat.role, item_content_of(chat.role, content)))
    return items + [_call_item(call) for call in (chat.tool_calls.value if chat.tool_calls else ())]


def _message_item(role: Role, content: object) -> Item:
    if role is Role.ASSISTANT and not isinstance(content, str):
        return {"type": "message", "role": role.value, "status": "completed", "content": content}
    return {"role": role.value, "content": content}


def _call_item(call: Mapping[str, Any]) -> Item:
    """A call of an unknown type is an item of that type."""
    if call["type"] not in _CALL_ITEMS:
        return {**call, "call_id": call["id"]}
    kind, payload = _CALL_ITEMS[call["type"]]
    body = call[call["type"]]
    return {"type": kind, "call_id": call["id"], "name": body["name"], payload: body[payload]}
