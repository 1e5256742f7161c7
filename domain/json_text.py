"""JSON that is kept as its text, and decoded only where somebody looks inside."""

import json
from dataclasses import dataclass
from typing import Any, Self

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, eq=False)
class JsonText:
    """A JSON value as text: stored and sent as it is. Equal values are equal, whatever their spacing."""

    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsonText) and (self.text == other.text or self.value == other.value)

    __hash__ = None  # type: ignore[assignment]  # equal values may have different texts

    @classmethod
    def of(cls, value: object) -> Self:
        """Encode a value that JSON can hold.

        Raises ValueError where it can't: NaN and infinities, lone surrogates, other types, endless nesting.
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
        """The decoded value, decoded anew each time."""
        return json.loads(self.text)


EMPTY_OBJECT = JsonText("{}")


def depth_of(value: object, limit: int) -> int:
    """How deep arrays and objects nest: 0 for a scalar, 1 for a flat list; counts to ``limit + 1`` at most."""
    level: list[object] = [value]
    depth = 0
    while depth <= limit:
        containers = [item for item in level if isinstance(item, dict | list | tuple)]
        if not containers:
            return depth
        depth += 1
        level = [child for item in containers for child in (item.values() if isinstance(item, dict) else item)]
    return depth
