"""A provider that refuses what the strictest refuse; it knows Chat Completions, and nothing of ours.

OpenAI: the results of a message's calls follow it at once, one for each, before any other message. Anthropic, Moonshot
and others: a message is not empty. Unknown keys are refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

_KEYS: Final = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "tool_calls"},
    "tool": {"role", "content", "tool_call_id"},
}


def refusal(messages: Sequence[Mapping[str, Any]]) -> str | None:
    """Why the request is refused; None if it is not."""
    awaited: set[str] = set()
    for place, message in enumerate(messages):
        fault = _fault(message, awaited)
        if fault:
            return f"messages[{place}] {fault}"
        awaited = awaited - {message["tool_call_id"]} if message["role"] == "tool" else set(_call_ids(message))
    return f"no results of {sorted(awaited)}" if awaited else None


def _fault(message: Mapping[str, Any], awaited: set[str]) -> str | None:
    """What is wrong with a message that follows on calls whose results are awaited."""
    ids = _call_ids(message)
    if not message.keys() <= _KEYS[message["role"]]:
        return "has keys that its role does not have"
    if message["role"] == "tool":
        return None if message["tool_call_id"] in awaited else "answers no call of the message with calls before it"
    if awaited:
        return f"stands before the results of {sorted(awaited)}"
    if len(ids) != len({*ids}) or ("tool_calls" in message and not ids):
        return "has calls of the same id, or no calls"
    return None if ids or _text(message["content"]).strip() else "is empty"


def _call_ids(message: Mapping[str, Any]) -> list[str]:
    return [call["id"] for call in message.get("tool_calls", ())]


def _text(content: Any) -> str:
    if isinstance(content, list):
        return " ".join(str(part.get(part["type"], "")) for part in content)
    return content or ""
