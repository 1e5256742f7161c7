"""Reading a run: the events of the Agents SDK become reply events."""

import json
from collections.abc import Iterator
from typing import Any, Final

from agents import StreamEvent
from agents.items import TResponseStreamEvent
from openai.types.responses import Response, ResponseOutputItem

from domain.reply_events import (
    FinishReason,
    ReasoningDelta,
    ReplyEvent,
    StepFinished,
    TextDelta,
    ToolCallDelta,
    ToolCallReady,
    ToolCallStarted,
    ToolResult,
)

_CUT: Final[dict[str | None, FinishReason]] = {
    "max_output_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
}


class RunReader:
    """Takes the events of one run.

    Only calls of functions and handoffs become tool calls: what a provider runs itself, such as a search, has no place
    in Chat Completions.
    """

    def __init__(self) -> None:
        self.cut: FinishReason | None = None
        """Why the provider broke off the newest response; None if it did not."""
        self.said = False
        """Whether the step has text."""
        self._spoke = False
        self._calls: dict[str, str] = {}
        self._unanswered: set[str] = set()
        self._at: dict[int, str] = {}

    def read(self, event: StreamEvent) -> Iterator[ReplyEvent]:
        """The reply events that follow from the next event of the run."""
        if event.type == "raw_response_event":
            yield from self._read_response(event.data)
        elif event.type == "run_item_stream_event" and event.name in {"tool_output", "handoff_occured"}:
            yield from self._answer(event.item.to_input_item())

    def say(self, text: str) -> Iterator[ReplyEvent]:
        """The text as an event, unless there is none."""
        if text:
            self.said = self._spoke = True
            yield TextDelta(text)

    def _read_response(self, event: TResponseStreamEvent) -> Iterator[ReplyEvent]:
        match event.type:
            case "response.output_text.delta":
                yield from self.say(event.delta)
            case "response.reasoning_text.delta" | "response.reasoning_summary_text.delta":
                yield ReasoningDelta(event.delta)
            case "response.output_item.added" if event.item.type == "function_call":
                self._at[event.output_index] = event.item.call_id
                yield from self._begin(event.item.call_id, event.item.name)
            case "response.function_call_arguments.delta" if call_id := self._at.get(event.output_index):
                yield from self._add(call_id, event.delta)
            case "response.output_item.done":
                yield from self._end_item(event.item)
            case "response.completed":
                for item in event.response.output:
                    yield from self._end_item(item)
                self._end_response(event.response)
            case "response.incomplete":  # a call in it may be half of one
                self._end_response(event.response)

    def _end_response(self, response: Response) -> None:
        details = response.incomplete_details
        self.cut = _CUT.get(details.reason) if details else None
        self._spoke, self._at = False, {}

    def _end_item(self, item: ResponseOutputItem) -> Iterator[ReplyEvent]:
        """What an item has beyond what was told of it: all, if its server streams nothing."""
        if item.type == "message" and not self._spoke:
            yield from self.say("".join(part.text for part in item.content if part.type == "output_text"))
        elif item.type == "function_call" and item.call_id not in self._unanswered:
            yield from self._begin(item.call_id, item.name)
            if not self._calls[item.call_id]:
                yield from self._add(item.call_id, item.arguments or "{}")
            self._unanswered.add(item.call_id)
            yield ToolCallReady(item.call_id)

    def _begin(self, call_id: str, name: str) -> Iterator[ReplyEvent]:
        if call_id not in self._calls:
            self._calls[call_id] = ""
            yield ToolCallStarted(call_id, name)

    def _add(self, call_id: str, arguments: str) -> Iterator[ReplyEvent]:
        if arguments:
            self._calls[call_id] += arguments
            yield ToolCallDelta(call_id, arguments)

    def _answer(self, item: Any) -> Iterator[ReplyEvent]:
        call_id = item.get("call_id")
        if call_id not in self._unanswered:
            return
        self._unanswered.discard(call_id)
        output = item["output"]
        yield ToolResult(call_id, output if isinstance(output, str) else json.dumps(output, ensure_ascii=False))
        if not self._unanswered:
            self.said, self.cut, self._calls = False, None, {}
            yield StepFinished()
