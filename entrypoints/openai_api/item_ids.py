"""Ids of items: an item's place in its conversation, behind the prefix that providers expect of its type.

``fc_``, the 32 hex digits of the conversation's id, 8 of the message's seq, and 2 more for its later items.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.identifiers import ConversationId

_PREFIXES: Final[Mapping[str, str]] = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "reasoning": "rs",
    "compaction": "cmp",
    "web_search_call": "ws",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "image_generation_call": "ig",
    "computer_call": "cu",
    "computer_call_output": "cuo",
    "local_shell_call": "lsh",
    "local_shell_call_output": "lsho",
    "shell_call": "sh",
    "shell_call_output": "sho",
    "apply_patch_call": "apc",
    "apply_patch_call_output": "apco",
    "tool_search_call": "tsc",
    "tool_search_output": "tso",
    "mcp_list_tools": "mcpl",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpa",
    "mcp_call": "mcp",
}
ASSIGNED: Final = frozenset(
    {"message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output"}
)
"""The types whose ids are always ours: clients repeat theirs. All others keep the id that they came with."""
_ID: Final = re.compile(r"[a-z]{2,5}_([0-9a-f]{32})([0-9a-f]{8})([0-9a-f]{2})?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an item is: the seq of its message, and its number among the items of that message."""

    seq: int
    number: int


def format_item_id(kind: str, conversation_id: ConversationId, place: Place) -> str:
    """The id of an item of this type."""
    number = f"{place.number:02x}" if place.number else ""
    return f"{_PREFIXES.get(kind, 'item')}_{conversation_id.hex}{place.seq:08x}{number}"


def parse_item_id(text: str) -> tuple[ConversationId, Place] | None:
    """The conversation and the place in a text that ``format_item_id`` made; None for any other text."""
    match = _ID.fullmatch(text)
    if match is None:
        return None
    return ConversationId(UUID(hex=match[1])), Place(int(match[2], 16), int(match[3] or "0", 16))
