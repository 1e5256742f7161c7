"""Events of a response: what the events of one reply become, in the order in which OpenAI sends them.

A call is told at the reply's end, and only if it is the client's to answer: one that the responder answers itself is an
item of the conversation, but no output. What a model thinks is not told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

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
from entrypoints.openai_api.item_ids import Place, format_item_id
from entrypoints.openai_api.response_views import ResponseView, ended

type Event = dict[str, Any]

_ENDS: Final[Mapping[str, str]] = {
    "completed": "response.completed",
    "incomplete": "response.incomplete",
    "cancelled": "response.incomplete",
}
"""The last event for each status but ``failed``; a further type would stop the client in JavaScript."""


@dataclass(slots=True)
class _Call:
    name: str
    arguments: str = ""
    is_answered: bool = False


@dataclass(slots=True)
class _Step:
    """What a message of the reply says: its text, if it has begun, and its calls."""

    seq: int
    text: str | None = None
    calls: dict[str, _Call] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """How many messages it becomes: its own and its results."""
        return 1 + sum(call.is_answered for call in self.calls.values())


class ResponseEvents:
    """Takes the events of one reply, and changes with each: so a replay gives the events of the live stream."""

    def __init__(self, reply: ReplyAddress, response: ResponseView) -> None:
        """``response`` is that in progress."""
        self.response = response
        self._reply = reply
        self._step = _Step(reply.seq)
        self._output: list[Mapping[str, Any]] = []

    def begin(self) -> Iterator[Event]:
        """What comes before the first event."""
        yield {"type": "response.created", "response": self.response}
        yield {"type": "response.in_progress", "response": self.response}

    def add(self, event: ReplyEvent) -> Iterator[Event]:
        """What the next event becomes."""
        match event:
            case TextDelta(text) if text:
                yield from self._say(text)
            case ToolCallStarted(call_id, name):
                self._step.calls[call_id] = _Call(name)
            case ToolCallDelta(call_id, arguments):
                self._step.calls[call_id].arguments += arguments
            case ToolResult(call_id):
                self._step.calls[call_id].is_answered = True
            case StepFinished():
                yield from self._end_text()
                self._step = _Step(self._step.seq + self._step.length)
            case ReplyFinished():
                yield from self._end(event)

    def _say(self, text: str) -> Iterator[Event]:
        place = {"item_id": self._id("message", 0), "output_index": len(self._output), "content_index": 0}
        if self._step.text is None:
            self._step.text = ""
            item = {**self._message(), "status": "in_progress", "content": []}
            yield {"type": "response.output_item.added", "output_index": len(self._output), "item": item}
            yield {"type": "response.content_part.added", **place, "part": _part("")}
        self._step.text += text
        yield {"type": "response.output_text.delta", **place, "delta": text, "logprobs": []}

    def _end_text(self) -> Iterator[Event]:
        text = self._step.text
        if text is None:
            return
        place = {"item_id": self._id("message", 0), "output_index": len(self._output), "content_index": 0}
        yield {"type": "response.output_text.done", **place, "text": text, "logprobs": []}
        yield {"type": "response.content_part.done", **place, "part": _part(text)}
        yield self._done({**self._message(), "status": "completed", "content": [_part(text)]})

    def _end(self, finish: ReplyFinished) -> Iterator[Event]:
        yield from self._end_text()
        if finish.reason is FinishReason.TOOL_CALLS:
            yield from self._tell_calls()
        self.response = ended(self.response, self._output, finish)
        if self.response["status"] == "failed":
            error = self.response["error"]
            yield {"type": "error", **error, "param": None, "error": {**error, "type": "server_error", "param": None}}
        else:
            yield {"type": _ENDS[self.response["status"]], "response": self.response}

    def _tell_calls(self) -> Iterator[Event]:
        for number, (call_id, call) in enumerate(self._step.calls.items(), start=int(self._step.text is not None)):
            if call.is_answered:
                continue
            index, place = len(self._output), {"item_id": self._id("function_call", number)}
            item = {"type": "function_call", "id": place["item_id"], "call_id": call_id, "name": call.name}
            added = {**item, "arguments": "", "status": "in_progress"}
            yield {"type": "response.output_item.added", "output_index": index, "item": added}
            told = {**place, "output_index": index}
            yield {"type": "response.function_call_arguments.delta", **told, "delta": call.arguments}
            done = {**told, "arguments": call.arguments, "name": call.name}
            yield {"type": "response.function_call_arguments.done", **done}
            yield self._done({**item, "arguments": call.arguments, "status": "completed"})

    def _done(self, item: Mapping[str, Any]) -> Event:
        self._output.append(item)
        return {"type": "response.output_item.done", "output_index": len(self._output) - 1, "item": item}

    def _message(self) -> Mapping[str, Any]:
        return {"id": self._id("message", 0), "type": "message", "role": "assistant"}

    def _id(self, kind: str, number: int) -> str:
        return format_item_id(kind, self._reply.conversation_id, Place(self._step.seq, number))


def _part(text: str) -> Mapping[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
