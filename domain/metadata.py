"""Metadata: a small JSON object of the caller's, and JSON Merge Patch (RFC 7396) on it."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from domain.errors import RuleViolationError
from domain.json_text import EMPTY_OBJECT, JsonText, depth_of

MAX_BYTES = 16 * 1024
MAX_DEPTH = 8
_FORM = "must be a JSON object of Unicode text and finite numbers"
_EXPONENT = re.compile("[0-9]e[-+]?[0-9]")


def make_metadata(value: Mapping[str, Any] | None) -> JsonText:
    """The object as JSON; None is an empty one.

    Raises RuleViolationError beyond 16 KiB or 8 levels, and for the character NUL, which jsonb can't hold. The size is
    that of what jsonb writes: 1e308 has 309 digits there.
    """
    if not value:
        return EMPTY_OBJECT
    document = make_patch(value)
    if len(document.text.encode()) + _digits_to_write_out(value, document) > MAX_BYTES:
        raise RuleViolationError("metadata", f"must not exceed {MAX_BYTES} bytes as JSON")
    if "\\u0000" in document.text and _holds_nul(value):
        raise RuleViolationError("metadata", "must not contain the character U+0000")
    return document


def make_patch(value: Mapping[str, Any]) -> JsonText:
    """A merge patch as JSON. Raises RuleViolationError beyond 8 levels; the other limits are those of the result."""
    if depth_of(value, MAX_DEPTH) > MAX_DEPTH:
        raise RuleViolationError("metadata", f"must not nest deeper than {MAX_DEPTH} levels")
    try:
        document = JsonText.of(value)
    except ValueError as error:
        raise RuleViolationError("metadata", _FORM) from error
    if not document.text.startswith("{"):
        raise RuleViolationError("metadata", _FORM)
    return document


def merge_patch(target: Any, patch: Any) -> Any:
    """The patched target (RFC 7396, section 2): null deletes a member, objects merge, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def _digits_to_write_out(value: object, document: JsonText) -> int:
    if not _EXPONENT.search(document.text):
        return 0
    exponents = (one for one in _scalars(value) if isinstance(one, float) and "e" in repr(one))
    return sum(abs(Decimal(repr(one)).adjusted()) for one in exponents)


def _holds_nul(value: object) -> bool:
    return any(isinstance(one, str) and "\0" in one for one in _scalars(value))


def _scalars(value: object) -> Iterator[object]:
    """All keys and scalar values in it, at any depth."""
    if isinstance(value, Mapping):
        for pair in value.items():
            yield from _scalars(pair)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _scalars(item)
    else:
        yield value
