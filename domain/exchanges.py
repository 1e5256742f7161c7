"""Exchanges: which messages of a conversation go to a model together, and in what order.

Providers refuse a tool call that its result does not follow at once, and a result that follows no call. So calls and
their results are one exchange, wherever they stand in the conversation.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.chat_message import ChatMessage
from domain.content import is_blank
from domain.json_text import JsonText
from domain.message import Message, Status
from domain.roles import Role

INTERRUPTED: Final = "No result: the user's next message interrupted this call."
"""The result of a call that a user's turn closed."""
UNANSWERED: Final = "No result yet: this call has not been answered."
"""The result of a call that may still be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An assistant's message and the results of its calls, or one other message.

    ``seq``: of the message that it begins with. ``stored``: how many of its messages are stored; the others close
    calls that have no result. ``is_turn``: whether it is a user's.
    """

    seq: int
    stored: int
    is_turn: bool
    messages: tuple[ChatMessage, ...]


def exchanges_of(messages: Sequence[Message]) -> list[Exchange]:
    """The exchanges that begin among these consecutive messages, by seq.

    Left out are messages in progress (with the results of their calls), assistants' messages that say nothing, items
    without a form as a chat message, and results of calls that were made before the first message.
    """
    last_turn = max((message.seq for message in messages if message.role is Role.USER), default=0)
    results = _results(messages)
    return [
        _exchange(message, results[message.seq], INTERRUPTED if message.seq < last_turn else UNANSWERED)
        for message in messages
        if _says_something(message)
    ]


def _exchange(message: Message, results: Mapping[str, Message], closing: str) -> Exchange:
    messages = [message.chat, *(result.chat for result in results.values())]
    stored = len(messages)
    messages += (
        ChatMessage(Role.TOOL, JsonText.of(closing), tool_call_id=call_id)
        for call_id in _call_ids(message)
        if call_id not in results
    )
    is_turn = message.role is Role.USER
    return Exchange(seq=message.seq, stored=stored, is_turn=is_turn, messages=tuple(messages))


def _results(messages: Sequence[Message]) -> defaultdict[int, dict[str, Message]]:
    """For each message with calls, by its seq, their results, in the order in which they came."""
    results: defaultdict[int, dict[str, Message]] = defaultdict(dict)
    callers: dict[str, int] = {}
    for message in messages:
        if message.role is Role.USER:
            callers.clear()
        elif message.tool_call_id is not None:
            caller = callers.pop(message.tool_call_id, None)
            if caller is not None and message.status is not Status.IN_PROGRESS:
                results[caller][message.tool_call_id] = message
        else:
            callers |= dict.fromkeys(_call_ids(message), message.seq)
    return results


def _call_ids(message: Message) -> list[str]:
    return [] if message.tool_calls is None else [call["id"] for call in message.tool_calls.value]


def _says_something(message: Message) -> bool:
    if message.role is Role.TOOL or message.status is Status.IN_PROGRESS:
        return False
    if message.tool_calls is not None:
        return True
    if message.content is None:  # it is an item without a form as a chat message
        return False
    return message.role is not Role.ASSISTANT or not is_blank(message.content.value)
