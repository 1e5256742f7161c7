"""What OpenAI's SDK can do, found in the SDK itself, and what docs/openai.md says of it."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import openai
from openai._resource import SyncAPIResource
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import Choice, ChoiceDelta
from openai.types.responses import ResponseStreamEvent

GUIDE: Final = Path(__file__).parents[2] / "docs" / "openai.md"
_OF_ANY_RESOURCE: Final = frozenset({"with_raw_response", "with_streaming_response"})
_STRUCTURE: Final = frozenset({"choices", "choices[].index", "choices[].delta", "created", "id", "model", "object"})
"""The fields of a chunk that all chunks have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a table says of one thing: ``verdict`` is served, refused, or out of scope; ``remark`` the rest."""

    verdict: str
    remark: str

    @property
    def refusal(self) -> tuple[int, str | None]:
        """The status, and the code if there is one, with which it is refused."""
        match = re.match(r"(\d{3})(?: `(\w+)`)?", self.remark)
        assert match is not None, self.remark
        return int(match[1]), match[2]


def table(heading: str) -> dict[str, Row]:
    """The rows of the table under the heading, by the names in code in their first cells; no name comes twice."""
    section = GUIDE.read_text().partition(f"\n### {heading}\n")[2].partition("\n#")[0]
    rows: dict[str, Row] = {}
    for names, verdict, remark in re.findall(r"^\| (`.*?) \| (.*?) \| (.*?) \|$", section, re.MULTILINE):
        for name in re.findall("`([^`]+)`", names):
            assert name not in rows, name
            rows[name] = Row(verdict=verdict, remark=remark)
    return rows


def operations() -> set[str]:
    """Every method of the SDK's Conversations, Responses and Chat Completions, and of what belongs to them."""
    with openai.OpenAI(api_key="none") as sdk:
        roots = {
            "conversations": sdk.conversations,
            "responses": sdk.responses,
            "chat.completions": sdk.chat.completions,
        }
        return {name for path, resource in roots.items() for name in _methods(path, resource)}


def _methods(path: str, resource: SyncAPIResource) -> Iterator[str]:
    for name, member in vars(type(resource)).items():
        if name.startswith("_") or name in _OF_ANY_RESOURCE:
            continue
        if inspect.isfunction(member):
            yield f"{path}.{name}"
        else:
            yield from _methods(f"{path}.{name}", getattr(resource, name))


def response_events() -> set[str]:
    """The type of every event that the SDK knows of the stream of a response."""
    union = get_args(ResponseStreamEvent)[0]
    return {kind for event in get_args(union) for kind in get_args(event.model_fields["type"].annotation)}


def chunk_fields() -> set[str]:
    """Every field that the SDK knows of a chunk of a chat completion, but for those that all chunks have."""
    levels: dict[str, Any] = {"": ChatCompletionChunk, "choices[].": Choice, "choices[].delta.": ChoiceDelta}
    return {f"{path}{name}" for path, model in levels.items() for name in model.model_fields} - _STRUCTURE
