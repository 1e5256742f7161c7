"""Bodies that OpenAI's clients send to Conversations."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from domain.conversation import ConversationPatch
from domain.errors import RuleViolationError
from domain.message import NewMessage
from domain.response_items import message_of
from entrypoints.openai_api.item_views import Item, kind_of

type Items = list[dict[str, Any]]

_MAX_PAIRS, _MAX_KEY, _MAX_VALUE = 16, 64, 512
_ROLES: Final = frozenset({"user", "assistant", "system", "developer"})
_TEXT, _CONTENT = (str,), (str, list)
_NEEDED: Final[Mapping[str, Mapping[str, tuple[type, ...]]]] = {
    "message": {"role": _TEXT, "content": _CONTENT},
    "function_call": {"call_id": _TEXT, "name": _TEXT, "arguments": _TEXT},
    "function_call_output": {"call_id": _TEXT, "output": _CONTENT},
    "custom_tool_call": {"call_id": _TEXT, "name": _TEXT, "input": _TEXT},
    "custom_tool_call_output": {"call_id": _TEXT, "output": _CONTENT},
}
"""What an item of each type must have, in which form: what can be said to a model must not be kept where it is not."""
_INPUT_ONLY: Final = frozenset({"item_reference", "compaction_trigger"})


class CreateBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A conversation to be created."""

    items: Items | None = None
    metadata: dict[str, Any] | None = None


class UpdateBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The metadata in the place of what there was."""

    metadata: dict[str, Any] | None

    def to_patch(self) -> ConversationPatch:
        """The change that is wanted. Raises RuleViolationError."""
        return ConversationPatch(metadata=require_metadata(self.metadata), replaces_metadata=True)


class ItemsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Items to be appended. OpenAI takes 20; its client in JavaScript sends more."""

    items: Items


def require_metadata(metadata: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The metadata. Raises RuleViolationError beyond OpenAI's limits: 16 pairs of text, 64 and 512 characters."""
    pairs = metadata or {}
    if len(pairs) > _MAX_PAIRS:
        raise RuleViolationError("metadata", f"must not have more than {_MAX_PAIRS} properties")
    for key, value in pairs.items():
        if len(key) > _MAX_KEY:
            raise RuleViolationError("metadata", f"must not have a key of more than {_MAX_KEY} characters")
        if not isinstance(value, str) or len(value) > _MAX_VALUE:
            raise RuleViolationError("metadata", f"must have text of up to {_MAX_VALUE} characters as values")
    return pairs


def to_messages(items: Sequence[Item], field: str = "items") -> list[NewMessage]:
    """The messages that keep the items. Raises RuleViolationError, naming the item by its place in this field."""
    messages = []
    for index, item in enumerate(items):
        try:
            _require_fields(item)
            messages.append(message_of(item))
        except RuleViolationError as error:
            raise error.within(f"{field}[{index}]") from None
    return messages


def _require_fields(item: Item) -> None:
    """Raise RuleViolationError unless the item has what one of its type must have; others are kept as they are."""
    kind = kind_of(item)
    if kind in _INPUT_ONLY or not isinstance(item.get("type", "message"), str):
        raise RuleViolationError("type", "is not one that a conversation can keep")
    for name, forms in _NEEDED.get(kind, {}).items():
        value = item.get(name)
        if value is None:
            raise RuleViolationError(name, "is required")
        if not isinstance(value, forms) or (
            isinstance(value, list) and not all(isinstance(one, dict) for one in value)
        ):
            raise RuleViolationError(name, f"is not valid: expected {'text or parts' if list in forms else 'text'}")
    if kind == "message" and item["role"] not in _ROLES:
        raise RuleViolationError("role", f"must be one of {', '.join(sorted(_ROLES))}")
