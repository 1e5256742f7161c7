"""JSON as text: it is stored and sent without being decoded."""

import json
from dataclasses import dataclass
from typing import Any, Self

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, eq=False)
class JsonText:
    """A JSON value as text. Two are equal if their values are, whatever the spacing."""

    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsonText) and (self.text == other.text or self.value == other.value)

    __hash__ = None  # type: ignore[assignment]  # equal values may have different texts

    @classmethod
    def of(cls, value: object) -> Self:
        """Encode a value.

        Raises ValueError for what JSON can't hold: NaN, infinities, lone surrogates, other types, endless nesting.
        """
        try:
            text = _encode(value)
            if not text.isascii():
                text.encode()  # a lone surrogate is no Unicode text (UnicodeEncodeError is a ValueError)
        except (TypeError, RecursionError) as error:
            raise ValueError(str(error)) from error
        return cls(text)

    @property
    def value(self) -> Any:
        """The value; it is decoded at each access."""
        return json.loads(self.text)

    @property
    def byte_count(self) -> int:
        """Its length in UTF-8."""
        return len(self.text) if self.text.isascii() else len(self.text.encode())


EMPTY_OBJECT = JsonText("{}")


def depth_of(value: object, limit: int) -> int:
    """How deep arrays and objects nest: 0 for a scalar, 1 for a flat list. The count stops at ``limit + 1``."""
    level: list[object] = [value]
    depth = 0
    while depth <= limit:
        containers = [item for item in level if isinstance(item, dict | list | tuple)]
        if not containers:
            return depth
        depth += 1
        level = [child for item in containers for child in (item.values() if isinstance(item, dict) else item)]
    return depth
