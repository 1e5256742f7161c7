"""Reply events: what a responder tells of a reply while it makes it, in the words of no protocol.

A reply has one step or several. In a step the responder says something, or calls tools, or both. A step whose calls
were answered ends with ``StepFinished``, and the next one begins. The last event of a whole reply is ``ReplyFinished``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FinishReason(StrEnum):
    """Why a reply is at its end."""

    STOP = "stop"
    """All is said."""
    TOOL_CALLS = "tool_calls"
    """The calls of the last step are to be answered by somebody else."""
    LENGTH = "length"
    """It got as long as the model may say."""
    CONTENT_FILTER = "content_filter"
    """The model's provider broke it off."""
    STOPPED = "stopped"
    """Its owner stopped it."""
    FAILED = "failed"
    """The responder failed."""
    INTERRUPTED = "interrupted"
    """What made it has ended: the process, or its connection to the storage. Or it took too long."""


BREAKS: Final = frozenset({FinishReason.STOPPED, FinishReason.FAILED, FinishReason.INTERRUPTED})
"""The reasons that a responder does not give: with them the service ends a reply that the responder did not."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the text that the user reads."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of what the model thinks; it is not kept in the history."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallStarted:
    """A call of a tool begins; the id differs from those of the conversation's open calls."""

    call_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """More of a call's arguments, which are JSON in the end."""

    call_id: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolCallReady:
    """A call's arguments are whole."""

    call_id: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a call that is ready."""

    call_id: str
    content: str


@dataclass(frozen=True, slots=True)
class StepFinished:
    """All calls of the step have their results; the next step begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFinished:
    """The reply is whole. The counts of tokens are the provider's, None where it tells none."""

    reason: FinishReason = FinishReason.STOP
    input_tokens: int | None = None
    output_tokens: int | None = None


type ReplyEvent = (
    TextDelta
    | ReasoningDelta
    | ToolCallStarted
    | ToolCallDelta
    | ToolCallReady
    | ToolResult
    | StepFinished
    | ReplyFinished
)
