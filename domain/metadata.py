"""Metadata: a small JSON object that a caller attaches, and JSON Merge Patch on it."""

from collections.abc import Mapping
from typing import Any

from domain.errors import RuleViolationError
from domain.json_text import EMPTY_OBJECT, JsonText, depth_of

MAX_BYTES = 16 * 1024
MAX_DEPTH = 8


def make_metadata(value: Mapping[str, Any] | None) -> JsonText:
    """The object as JSON, within the limits (16 KiB encoded, 8 levels, no NUL: jsonb can't hold one)."""
    if not value:
        return EMPTY_OBJECT
    if depth_of(value, MAX_DEPTH) > MAX_DEPTH:
        raise RuleViolationError("metadata", f"must not nest deeper than {MAX_DEPTH} levels")
    try:
        document = JsonText.of(value)
    except ValueError as error:
        raise RuleViolationError("metadata", "must be a JSON object of Unicode text and finite numbers") from error
    if len(document.text.encode()) > MAX_BYTES:
        raise RuleViolationError("metadata", f"must not exceed {MAX_BYTES} bytes as JSON")
    if "\\u0000" in document.text and _holds_nul(value):
        raise RuleViolationError("metadata", "must not contain the character U+0000")
    return document


def merge_patch(target: Any, patch: Any) -> Any:
    """What RFC 7396 (section 2) makes of ``target``: null deletes a member, objects merge, the rest replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_holds_nul(item) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple):
        return any(_holds_nul(item) for item in value)
    return False
