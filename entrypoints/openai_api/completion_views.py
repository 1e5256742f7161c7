"""Chat completions as OpenAI's clients get them: a reply as one message, whole or in chunks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from domain.errors import ResponderFailedError
from domain.reply import ReplyAddress
from domain.reply_events import (
    FinishReason,
    ReplyEvent,
    ReplyFinished,
    StepFinished,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    ToolResult,
)

_APART: Final = "\n\n"
"""Between the texts of two steps, which are messages of the reply."""
_REASONS: Final[Mapping[FinishReason, str]] = {
    FinishReason.STOP: "stop",
    FinishReason.TOOL_CALLS: "tool_calls",
    FinishReason.LENGTH: "length",
    FinishReason.CONTENT_FILTER: "content_filter",
    FinishReason.STOPPED: "stop",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionHead:
    """What a completion and each of its chunks begin with."""

    id: str
    created: int
    model: str

    @classmethod
    def of(cls, reply: ReplyAddress, model: str, created_at: datetime) -> Self:
        """The head of the completion that a reply is."""
        return cls(
            id=f"chatcmpl-{reply.conversation_id.hex}{reply.seq:08x}", created=int(created_at.timestamp()), model=model
        )

    def view(self, kind: str) -> Mapping[str, Any]:
        """The keys, of an object of this kind."""
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


@dataclass(slots=True)
class Completion:
    """Takes the events of one reply, and changes with each. Calls that the responder answers itself are not told."""

    texts: list[str] = field(default_factory=list)
    calls: dict[str, dict[str, str]] = field(default_factory=dict)
    finish: ReplyFinished | None = None
    has_step_ended: bool = False

    def add(self, event: ReplyEvent) -> str:
        """Take the next event; the text that it adds. Raises ResponderFailedError if the reply failed."""
        match event:
            case TextDelta(text) if text:
                told = f"{_APART}{text}" if self.has_step_ended and self.texts else text
                self.has_step_ended = False
                self.texts.append(told)
                return told
            case ToolCallStarted(call_id, name):
                self.calls[call_id] = {"name": name, "arguments": ""}
            case ToolCallDelta(call_id, arguments):
                self.calls[call_id]["arguments"] += arguments
            case ToolResult(call_id):
                del self.calls[call_id]
            case StepFinished():
                self.has_step_ended = True
            case ReplyFinished(reason=reason):
                if reason not in _REASONS:
                    raise ResponderFailedError("The reply failed.")
                self.finish = event
        return ""

    @property
    def finish_reason(self) -> str | None:
        """Why it is at its end; None if it is not."""
        return _REASONS[self.finish.reason] if self.finish else None

    @property
    def tool_calls(self) -> Sequence[Mapping[str, Any]]:
        """The calls that the client has to answer."""
        if self.finish is None or self.finish.reason is not FinishReason.TOOL_CALLS:
            return ()
        return [{"id": call_id, "type": "function", "function": call} for call_id, call in self.calls.items()]

    @property
    def usage(self) -> Mapping[str, int] | None:
        """The tokens; None if the provider did not count them."""
        finish = self.finish
        if finish is None or finish.input_tokens is None or finish.output_tokens is None:
            return None
        total = finish.input_tokens + finish.output_tokens
        return {
            "prompt_tokens": finish.input_tokens,
            "completion_tokens": finish.output_tokens,
            "total_tokens": total,
        }

    def view(self, head: CompletionHead) -> Mapping[str, Any]:
        """The whole completion."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.texts), "refusal": None}
        if calls := self.tool_calls:
            message |= {"content": message["content"] or None, "tool_calls": calls}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish_reason}
        return {**head.view("chat.completion"), "choices": [choice], "usage": self.usage}
