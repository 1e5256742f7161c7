"""The replay of a reply whose log is gone: events that are made of its messages."""

from collections.abc import Iterator, Sequence
from typing import Final

from domain.content import text_of
from domain.message import Message, Status
from domain.reply_events import (
    FinishReason,
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

_REASONS: Final = {Status.INCOMPLETE: FinishReason.INTERRUPTED, Status.FAILED: FinishReason.FAILED}


def events_of(messages: Sequence[Message]) -> list[ReplyEvent]:
    """The events of a reply that became these messages; each text is one."""
    return [*_events_of(messages)]


def _events_of(messages: Sequence[Message]) -> Iterator[ReplyEvent]:
    said = [message for message in messages if message.role is Role.ASSISTANT]
    for message in messages:
        if message.role is Role.TOOL and message.tool_call_id is not None:
            yield ToolResult(message.tool_call_id, text_of(message.content.value) if message.content else "")
        elif message.role is Role.ASSISTANT:
            if message is not said[0]:
                yield StepFinished()
            yield from _events_of_step(message)
    last = said[-1] if said else None
    reason = FinishReason.INTERRUPTED if last is None else _REASONS.get(last.status, FinishReason.STOP)
    if reason is FinishReason.STOP and last is not None and last.tool_calls is not None:
        reason = FinishReason.TOOL_CALLS
    yield ReplyFinished(reason=reason)


def _events_of_step(message: Message) -> Iterator[ReplyEvent]:
    if message.content is not None and (text := text_of(message.content.value)):
        yield TextDelta(text)
    for call in message.tool_calls.value if message.tool_calls else ():
        function = call.get("function", {})
        yield ToolCallStarted(call["id"], function.get("name", ""))
        yield ToolCallDelta(call["id"], function.get("arguments", ""))
        yield ToolCallReady(call["id"])
