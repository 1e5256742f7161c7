"""Reply events as compact JSON: ``[["t","He","llo"],["f","stop"]]``. Deltas in a row share an array.

What is stored must stay readable: tags are never reused, and a new field is the last of its event, with a default.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from json.encoder import encode_basestring as _encode_text
from typing import Any, Final

from domain.json_text import JsonText
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


def encode_events(events: Sequence[ReplyEvent]) -> str:
    """The events as JSON."""
    if all(type(event) is TextDelta for event in events):  # which is what most batches are
        texts = ",".join([_encode_text(event.text) for event in events if isinstance(event, TextDelta)])
        return f'[["t",{texts}]]' if texts else "[]"
    arrays: list[list[Any]] = []
    last: tuple[Any, ...] = ()
    for head, more in map(_fields_of, events):
        if more and head == last:
            arrays[-1] += more
        else:
            arrays.append([*head, *more])
        last = head
    return JsonText.of(arrays).text


def decode_events(text: str) -> tuple[ReplyEvent, ...]:
    """The events in a text that ``encode_events`` made."""
    return tuple(event for tag, *fields in JsonText(text).value for event in _DECODERS[tag](*fields))


def _fields_of(event: ReplyEvent) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """An event's head, and what follows it. Events of one head share an array if something can follow."""
    match event:
        case TextDelta(text):
            fields: tuple[tuple[Any, ...], tuple[Any, ...]] = (("t",), (text,))
        case ReasoningDelta(text):
            fields = (("r",), (text,))
        case ToolCallDelta(call_id, arguments):
            fields = (("a", call_id), (arguments,))
        case ToolCallStarted(call_id, name):
            fields = (("c", call_id, name), ())
        case ToolCallReady(call_id):
            fields = (("k", call_id), ())
        case ToolResult(call_id, content):
            fields = (("o", call_id, content), ())
        case StepFinished():
            fields = (("s",), ())
        case ReplyFinished():
            fields = (("f", event.reason.value, event.input_tokens, event.output_tokens), ())
    return fields


def _finished(reason: str, input_tokens: int | None = None, output_tokens: int | None = None) -> ReplyFinished:
    return ReplyFinished(reason=FinishReason(reason), input_tokens=input_tokens, output_tokens=output_tokens)


_DECODERS: Final[Mapping[str, Callable[..., Iterable[ReplyEvent]]]] = {
    "t": lambda *texts: map(TextDelta, texts),
    "r": lambda *texts: map(ReasoningDelta, texts),
    "a": lambda call_id, *parts: [ToolCallDelta(call_id, arguments) for arguments in parts],
    "c": lambda call_id, name: [ToolCallStarted(call_id, name)],
    "k": lambda call_id: [ToolCallReady(call_id)],
    "o": lambda call_id, content: [ToolResult(call_id, content)],
    "s": lambda: [StepFinished()],
    "f": lambda *fields: [_finished(*fields)],
}
