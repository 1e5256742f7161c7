"""The draft of a reply: it takes events, and gives the messages for the history, also of a reply that is broken off."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from domain.content import MAX_BYTES
from domain.errors import RuleViolationError
from domain.message import NewMessage, Status
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
from domain.roles import Role

_WHOLE: Final = frozenset({FinishReason.STOP, FinishReason.TOOL_CALLS})


class _Call:
    """A call of a tool, as far as it is known."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.arguments = ""
        self.is_ready = False
        self.result: str | None = None


class _Step:
    """What was said and called since the step began."""

    def __init__(self) -> None:
        self.text = ""
        self.calls: dict[str, _Call] = {}
        self.answered: list[str] = []

    @property
    def ready_calls(self) -> Mapping[str, _Call]:
        """The calls whose arguments are whole."""
        return {call_id: call for call_id, call in self.calls.items() if call.is_ready}

    def messages(self, status: Status) -> Sequence[NewMessage]:
        """The assistant's message, with the calls that are ready, and the results in the order in which they came."""
        calls = [
            {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call_id, call in self.ready_calls.items()
        ]
        content = self.text if self.text or not calls else None
        results = ((call_id, self.calls[call_id].result) for call_id in self.answered)
        return [
            NewMessage(role=Role.ASSISTANT, content=content, tool_calls=calls, status=status),
            *(NewMessage(role=Role.TOOL, tool_call_id=call_id, content=result) for call_id, result in results),
        ]


class ReplyDraft:
    """Takes the events of one reply, and changes with each of them."""

    def __init__(self) -> None:
        self._finished_steps: list[NewMessage] = []
        self._step = _Step()
        self._size = 0
        self._finish: ReplyFinished | None = None

    def add(self, event: ReplyEvent) -> None:
        """Take the next event.

        Raises RuleViolationError: more than MAX_BYTES characters in all, or an event that does not follow from those
        before it.
        """
        if self._finish:
            raise RuleViolationError("reply", "must end with its finish")
        match event:
            case TextDelta(text) | ReasoningDelta(text):
                self._require_room(text)
                self._step.text += text if isinstance(event, TextDelta) else ""
            case ToolCallStarted() | ToolCallDelta() | ToolCallReady() | ToolResult():
                self._take_call(event)
            case StepFinished():
                self._finish_step()
            case ReplyFinished():
                self._finish = event
            case _:
                raise RuleViolationError("reply", "must be made of reply events")

    def whole(self) -> Sequence[NewMessage]:
        """The messages of the reply. Raises RuleViolationError if it has no finish, or breaks a rule of messages."""
        if self._finish is None:
            raise RuleViolationError("reply", "must end with its finish")
        if len(self._step.ready_calls) < len(self._step.calls):
            raise RuleViolationError("reply", "must end each tool call that it begins")
        if self._step.answered:
            raise RuleViolationError("reply", "must finish a step whose calls have results")
        status = Status.COMPLETED if self._finish.reason in _WHOLE else Status.INCOMPLETE
        return [*self._finished_steps, *self._step.messages(status)]

    def as_far_as_it_goes(self) -> Sequence[NewMessage]:
        """What can be kept of a reply that is broken off: its whole steps, and what the last one has so far."""
        if not (self._step.text or self._step.ready_calls):
            return [*self._finished_steps, *self.what_was_said()]
        try:
            return [*self._finished_steps, *self._step.messages(Status.INCOMPLETE)]
        except RuleViolationError:
            return [*self._finished_steps, *self.what_was_said()]

    def what_was_said(self) -> Sequence[NewMessage]:
        """The last step's text alone, as an incomplete message, or an empty failed one.

        What is no Unicode is left out, and a text that is too long as JSON is cut.
        """
        text = self._step.text.encode(errors="ignore").decode()
        while True:
            try:
                status = Status.INCOMPLETE if text else Status.FAILED
                return [NewMessage(role=Role.ASSISTANT, content=text, status=status)]
            except RuleViolationError:
                text = text[: len(text) // 2]

    def _take_call(self, event: ToolCallStarted | ToolCallDelta | ToolCallReady | ToolResult) -> None:
        match event:
            case ToolCallStarted(call_id, name):
                if call_id in self._step.calls:
                    raise RuleViolationError("reply", "must not begin a tool call twice")
                self._require_room(name)
                self._step.calls[call_id] = _Call(name)
            case ToolCallDelta(call_id, arguments):
                self._require_room(arguments)
                self._call(call_id, is_ready=False).arguments += arguments
            case ToolCallReady(call_id):
                self._call(call_id, is_ready=False).is_ready = True
            case ToolResult(call_id, content):
                self._answer(call_id, content)

    def _call(self, call_id: str, *, is_ready: bool) -> _Call:
        call = self._step.calls.get(call_id)
        if call is None or call.is_ready is not is_ready:
            raise RuleViolationError("reply", "must begin a tool call once, and end it once")
        return call

    def _answer(self, call_id: str, content: str) -> None:
        call = self._call(call_id, is_ready=True)
        if call.result is not None:
            raise RuleViolationError("reply", "must answer a tool call once")
        self._require_room(content)
        call.result = content
        self._step.answered.append(call_id)

    def _finish_step(self) -> None:
        if not self._step.calls or len(self._step.answered) < len(self._step.calls):
            raise RuleViolationError("reply", "must answer the calls of a step before the next one")
        self._finished_steps += self._step.messages(Status.COMPLETED)
        self._step = _Step()

    def _require_room(self, more: Any) -> None:
        """Stop a responder that would go on without an end; characters take a byte at least."""
        if not isinstance(more, str):
            raise RuleViolationError("reply", "must be text")
        self._size += len(more)
        if self._size > MAX_BYTES:
            raise RuleViolationError("content", f"must not exceed {MAX_BYTES} bytes as JSON")
