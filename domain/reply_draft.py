"""The draft of a reply: it takes events, and gives the messages for the history, also of a reply that is broken off."""

from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from typing import Final, Self

from domain.content import MAX_BYTES
from domain.errors import RuleViolationError
from domain.message import NewMessage, Status
from domain.reply import StepEnd
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

_MAX_SIZE: Final = MAX_BYTES - 2
"""Bytes of JSON for all that a reply says; a message's content has two quotation marks."""
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

    def end(self, status: Status, *, runs_on: bool = False) -> StepEnd:
        """The assistant's message, with the calls that are ready, and the results in the order in which they came."""
        calls = [
            {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call_id, call in self.ready_calls.items()
        ]
        content = self.text if self.text or not calls else None
        results = ((call_id, self.calls[call_id].result) for call_id in self.answered)
        return StepEnd(
            message=NewMessage(role=Role.ASSISTANT, content=content, tool_calls=calls, status=status),
            results=tuple(
                NewMessage(role=Role.TOOL, tool_call_id=call_id, content=result) for call_id, result in results
            ),
            runs_on=runs_on,
        )


class ReplyDraft:
    """Takes the events of one reply, and changes with each of them."""

    def __init__(self) -> None:
        self._step = _Step()
        self._size = 0
        self._measured: tuple[object, int] = (None, 0)
        """The event that was measured last, and its size: each is asked about before it is added."""
        self._is_finished = False

    @classmethod
    def of(cls, events: Iterable[ReplyEvent]) -> Self:
        """The draft that has taken these events. Raises as ``add`` does."""
        draft = cls()
        for event in events:
            draft.add(event)
        return draft

    def has_room_for(self, event: ReplyEvent) -> bool:
        """Whether the reply does not get longer than a message may be, as JSON. Raises as ``add`` does."""
        return self._size + self._measure(event) <= _MAX_SIZE

    def cut(self, event: TextDelta) -> TextDelta:
        """The beginning of a text that there is no room for."""
        text = event.text
        while not self.has_room_for(TextDelta(text)):
            text = text[: len(text) // 2]
        return TextDelta(text)

    def add(self, event: ReplyEvent) -> StepEnd | None:
        """Take the next event. Returns what becomes of the message in progress if the event ends it.

        A finish for any other reason than STOP and TOOL_CALLS ends it with what can be kept: the text, the calls that
        are ready, and the results that came; or the text alone if they make no message. Raises RuleViolationError for
        an event that does not follow from those before it, is no Unicode, or would make no message; it changes nothing.
        """
        if self._is_finished:
            raise RuleViolationError("reply", "must end with its finish")
        size = self._measure(event)
        end = None
        match event:
            case TextDelta(text):
                self._step.text += text
            case ToolCallStarted() | ToolCallDelta() | ToolCallReady() | ToolResult():
                self._take_call(event)
            case StepFinished():
                end = self._finish_step()
            case ReplyFinished(reason=reason):
                end = self._whole() if reason in _WHOLE else self._broken_off(reason)
                self._is_finished = True
        self._size += size
        return end

    def _measure(self, event: ReplyEvent) -> int:
        if self._measured[0] is not event:
            self._measured = (event, _size_of(event))
        return self._measured[1]

    def so_far(self) -> NewMessage:
        """The message in progress: the text, without calls."""
        return NewMessage(role=Role.ASSISTANT, content=self._step.text, status=Status.IN_PROGRESS)

    def _whole(self) -> StepEnd:
        if len(self._step.ready_calls) < len(self._step.calls):
            raise RuleViolationError("reply", "must end each tool call that it begins")
        if self._step.answered:
            raise RuleViolationError("reply", "must finish a step whose calls have results")
        return self._step.end(Status.COMPLETED)

    def _broken_off(self, reason: FinishReason) -> StepEnd:
        has_something = bool(self._step.text or self._step.ready_calls)
        status = Status.FAILED if reason is FinishReason.FAILED and not has_something else Status.INCOMPLETE
        try:
            return self._step.end(status)
        except RuleViolationError:  # of the calls
            return StepEnd(message=NewMessage(role=Role.ASSISTANT, content=self._step.text, status=status))

    def _finish_step(self) -> StepEnd:
        if not self._step.calls or len(self._step.answered) < len(self._step.calls):
            raise RuleViolationError("reply", "must answer the calls of a step before the next one")
        end = self._step.end(Status.COMPLETED, runs_on=True)
        self._step = _Step()
        return end

    def _take_call(self, event: ToolCallStarted | ToolCallDelta | ToolCallReady | ToolResult) -> None:
        match event:
            case ToolCallStarted(call_id, name):
                if call_id in self._step.calls:
                    raise RuleViolationError("reply", "must not begin a tool call twice")
                self._step.calls[call_id] = _Call(name)
            case ToolCallDelta(call_id, arguments):
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
        call.result = content
        self._step.answered.append(call_id)


def _size_of(event: ReplyEvent) -> int:
    """How many bytes of JSON an event adds. Raises RuleViolationError if it is none, or no Unicode."""
    match event:
        case TextDelta(text) | ReasoningDelta(text):
            return _size_of_text(text)
        case ToolCallStarted(call_id, more) | ToolCallDelta(call_id, more) | ToolResult(call_id, more):
            return _size_of_text(call_id) + _size_of_text(more)
        case ToolCallReady() | StepFinished() | ReplyFinished():
            return 0
        case _:
            raise RuleViolationError("reply", "must be made of reply events")


def _size_of_text(text: object) -> int:
    if not isinstance(text, str):
        raise RuleViolationError("reply", "must be text")
    try:
        encoded = encode_basestring(text)
        return (len(encoded) if encoded.isascii() else len(encoded.encode())) - 2
    except UnicodeEncodeError as error:
        raise RuleViolationError("reply", "must be Unicode text") from error
