"""Roles, what a message of each may carry, and who may author it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The roles of OpenAI's Chat Completions."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Caller(StrEnum):
    """Who acts: a person with a session, or the agent runtime on a person's behalf."""

    USER = "user"
    AGENT = "agent"


MAY_AUTHOR: Final[Mapping[Caller, frozenset[Role]]] = {
    Caller.USER: frozenset({Role.USER}),
    Caller.AGENT: frozenset(Role),
}

MAY_CARRY: Final[Mapping[Role, frozenset[str]]] = {
    Role.SYSTEM: frozenset({"name"}),
    Role.DEVELOPER: frozenset({"name"}),
    Role.USER: frozenset({"name"}),
    Role.ASSISTANT: frozenset({"name", "tool_calls"}),
    Role.TOOL: frozenset({"tool_call_id"}),
}

MUST_SAY_SOMETHING: Final = frozenset({Role.SYSTEM, Role.DEVELOPER, Role.USER})
"""Roles whose content must not be blank."""

INSTRUCT: Final = frozenset({Role.SYSTEM, Role.DEVELOPER})
"""Roles whose messages tell the model how to act."""

KNOWN_PARTS: Final[Mapping[Role, frozenset[str]]] = {
    Role.SYSTEM: frozenset({"text"}),
    Role.DEVELOPER: frozenset({"text"}),
    Role.USER: frozenset({"text", "image_url", "input_audio", "file"}),
    Role.ASSISTANT: frozenset({"text", "refusal"}),
    Role.TOOL: frozenset({"text"}),
}
"""The content parts that Chat Completions defines for each role; part types that nobody knows are kept as they are."""
