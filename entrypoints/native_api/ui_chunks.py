"""Chunks of the AI SDK's UI message stream: what the events of one reply become, whatever batches they come in.

The protocol: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol. A client takes any further key, and no further type.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from domain.identifiers import ConversationId, format_conversation_id, format_message_id
from domain.reply_events import (
    FinishReason,
    ReasoningDelta,
    ReplyEvent,
    ReplyFinished,
    StepFinished,
    TextDelta,
    ToolCallDelta,
    ToolCallReady,
    ToolCallStarted,
    ToolResult,
)

type Chunk = Mapping[str, Any]
"""A JSON object; its key ``type`` says what it is."""

_FINISH_REASONS: Final[Mapping[FinishReason, str]] = {
    FinishReason.STOP: "stop",
    FinishReason.TOOL_CALLS: "tool-calls",
    FinishReason.LENGTH: "length",
    FinishReason.CONTENT_FILTER: "content-filter",
    FinishReason.STOPPED: "other",
}
"""The client's word for each reason that is no error; all of them are known to the AI SDK since version 5."""
_ERRORS: Final[Mapping[FinishReason, str]] = {
    FinishReason.FAILED: "The reply failed.",
    FinishReason.INTERRUPTED: "The reply was interrupted.",
}


class _Call:
    """A call of a tool whose arguments are on their way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.arguments = ""


class UIChunks:
    """Takes the events of one reply, and changes with each of them: so a replay gives the chunks of the live stream."""

    def __init__(self, conversation_id: ConversationId, seq: int) -> None:
        """``seq`` is that of the reply's first message."""
        self._conversation_id = format_conversation_id(conversation_id)
        self._message_id = format_message_id(self._conversation_id, seq)
        self._parts = 0
        self._open_part: tuple[str, str] | None = None
        self._calls: dict[str, _Call] = {}

    def begin(self) -> Iterator[Chunk]:
        """What comes before the first event."""
        ids = {"conversation_id": self._conversation_id, "message_id": self._message_id}
        yield {"type": "start", "messageId": self._message_id}
        yield {"type": "data-conversation", "data": ids}
        yield {"type": "start-step"}

    def add(self, event: ReplyEvent) -> Iterator[Chunk]:
        """What the next event becomes."""
        match event:
            case TextDelta(text):
                yield from self._say("text", text)
            case ReasoningDelta(text):
                yield from self._say("reasoning", text)
            case ToolCallStarted() | ToolCallDelta() | ToolCallReady() | ToolResult():
                yield from self._tell_of_call(event)
            case StepFinished():
                yield from self._end_step()
                yield {"type": "start-step"}
            case ReplyFinished():
                yield from self._end_step()
                yield from _end(event)

    def _say(self, kind: str, text: str) -> Iterator[Chunk]:
        if not text:
            return
        if self._open_part is None or self._open_part[0] != kind:
            yield from self._close_part()
            self._parts += 1
            self._open_part = kind, f"{kind}-{self._parts}"
            yield {"type": f"{kind}-start", "id": self._open_part[1]}
        yield {"type": f"{kind}-delta", "id": self._open_part[1], "delta": text}

    def _close_part(self) -> Iterator[Chunk]:
        if self._open_part is not None:
            kind, part_id = self._open_part
            self._open_part = None
            yield {"type": f"{kind}-end", "id": part_id}

    def _tell_of_call(self, event: ToolCallStarted | ToolCallDelta | ToolCallReady | ToolResult) -> Iterator[Chunk]:
        match event:
            case ToolCallStarted(call_id, name):
                yield from self._close_part()
                self._calls[call_id] = _Call(name)
                yield {"type": "tool-input-start", "toolCallId": call_id, "toolName": name}
            case ToolCallDelta(call_id, arguments):
                self._calls[call_id].arguments += arguments
                yield {"type": "tool-input-delta", "toolCallId": call_id, "inputTextDelta": arguments}
            case ToolCallReady(call_id):
                yield _input(call_id, self._calls.pop(call_id))
            case ToolResult(call_id, content):
                yield {"type": "tool-output-available", "toolCallId": call_id, "output": content}

    def _end_step(self) -> Iterator[Chunk]:
        yield from self._close_part()
        for call_id, call in self._calls.items():
            yield _input_error(call_id, call, "The reply ended before the call was whole.")
        yield {"type": "finish-step"}


def _input(call_id: str, call: _Call) -> Chunk:
    """A call that is whole. Its arguments are JSON as the model wrote it, but for white space; none are an object."""
    try:
        arguments = msgspec.Raw(msgspec.json.format(call.arguments or "{}", indent=-1))
    except (msgspec.DecodeError, RecursionError):
        return _input_error(call_id, call, "The arguments are not JSON.")
    return {"type": "tool-input-available", "toolCallId": call_id, "toolName": call.name, "input": arguments}


def _input_error(call_id: str, call: _Call, reason: str) -> Chunk:
    return {
        "type": "tool-input-error",
        "toolCallId": call_id,
        "toolName": call.name,
        "input": call.arguments,
        "errorText": reason,
    }


def _end(finish: ReplyFinished) -> Iterator[Chunk]:
    """The end of the stream: an error has no ``finish``, for with it a client takes the reply for whole."""
    counts = {"input_tokens": finish.input_tokens, "output_tokens": finish.output_tokens}
    usage = {"usage": counts} if counts != dict.fromkeys(counts) else {}
    metadata = {"finish_reason": finish.reason, **usage}
    if finish.reason in _ERRORS:
        yield {"type": "message-metadata", "messageMetadata": metadata}
        yield {"type": "error", "errorText": _ERRORS[finish.reason]}
        return
    if finish.reason is FinishReason.STOPPED:
        yield {"type": "abort", "reason": finish.reason}
    yield {"type": "finish", "finishReason": _FINISH_REASONS[finish.reason], "messageMetadata": metadata}
