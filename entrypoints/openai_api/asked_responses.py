"""What a client asked for with a response, as the response tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from domain.json_text import JsonText

_KEPT: Final = "response"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedResponse:
    """What was asked for. All but the instructions is kept, in the metadata of the reply's first message."""

    background: bool = False
    previous_response_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    instructions: str | None = None

    @classmethod
    def of(cls, metadata: JsonText) -> Self:
        """What is kept of it in the metadata of a message."""
        return cls(**metadata.value.get(_KEPT, {}))

    def kept(self) -> Mapping[str, Any]:
        """The metadata that keeps it; nothing of what is as it is without being asked for."""
        fields = {
            "background": self.background,
            "previous_response_id": self.previous_response_id,
            "metadata": self.metadata,
        }
        given = {name: value for name, value in fields.items() if value}
        return {_KEPT: given} if given else {}

    def told(self) -> Mapping[str, Any]:
        """The fields of the response."""
        return {
            "background": self.background,
            "instructions": self.instructions,
            "metadata": self.metadata,
            "previous_response_id": self.previous_response_id,
        }
