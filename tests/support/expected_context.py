"""The contexts that a history may have, worked out anew, message by message, and not as the service does it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.message import NewMessage, Status
from domain.roles import Role

INTERRUPTED = "No result: the user's next message interrupted this call."
UNANSWERED = "No result yet: this call has not been answered."

type Chat = dict[str, Any]


@dataclass
class Unit:
    """What goes together: a message, the results of its calls, and which calls have none."""

    seq: int
    role: Role
    chat: Chat
    shown: bool
    results: list[Chat] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    closing: str = UNANSWERED

    @property
    def chats(self) -> list[Chat]:
        closings = [{"role": "tool", "content": self.closing, "tool_call_id": one} for one in self.waiting]
        return [self.chat, *self.results, *closings]

    @property
    def stored(self) -> int:
        return 1 + len(self.results)


def units_of(history: Sequence[NewMessage]) -> list[Unit]:
    """The units of a history, those that a model does not get left out."""
    units: list[Unit] = []
    for seq, message in enumerate(history, 1):
        running = message.status is Status.IN_PROGRESS
        chat: Chat = {"role": message.role.value, "content": message.content_json and message.content_json.value}
        if message.role is Role.TOOL:
            caller = next(one for one in reversed(units) if message.tool_call_id in one.waiting)
            if not running:
                caller.waiting.remove(str(message.tool_call_id))
                caller.results.append({**chat, "tool_call_id": message.tool_call_id})
            continue
        if message.role is Role.USER:
            for one in units:
                one.closing = INTERRUPTED
        ids: list[str] = []
        if message.tool_calls_json is not None:
            chat["tool_calls"] = message.tool_calls_json.value
            ids = [call["id"] for call in chat["tool_calls"]]
        silent = not ids and not message.text.strip() and (message.role is Role.ASSISTANT or chat["content"] is None)
        units.append(Unit(seq, message.role, chat, not running and not silent, waiting=ids))
    return [one for one in units if one.shown]


def tokens_of(chats: Sequence[Chat]) -> int:
    """As the fake counts: the characters of the JSON, and one for each message."""
    documents = [one[key] for one in chats for key in ("content", "tool_calls") if one.get(key) is not None]
    return len(chats) + sum(len(json.dumps(one, ensure_ascii=False, separators=(",", ":"))) for one in documents)
