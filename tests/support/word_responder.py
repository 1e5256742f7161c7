"""A responder that does what the user's words say, when the test says so."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from typing import override

from domain.ports.responder import Responder, Turn
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

CALL: list[ReplyEvent] = [
    ToolCallStarted("call-1", "weather"),
    ToolCallDelta("call-1", '{"city":'),
    ToolCallDelta("call-1", ' "Rome"}'),
    ToolCallReady("call-1"),
    ToolResult("call-1", "sunny"),
    StepFinished(),
]


class WordResponder(Responder):
    """Says the user's words back, one by one. At the word `call` it calls a tool, at `fail` it fails.

    At `ask` it calls the tool, and leaves the call to somebody else. Instructions are said first.

    At `pause` it waits until it is released, which any thread may do. It may also be given a script.
    """

    def __init__(self) -> None:
        self.is_failing = True
        """Whether `fail` makes it fail."""
        self._gates: dict[str, Future[None]] = {}
        self._script: list[str] = []

    def release(self, text: str) -> None:
        """Let the reply to this text go on, at each `pause`."""
        self._gate(text).set_result(None)

    def reply_with(self, text: str, *, pieces: int) -> None:
        """Say this instead of the user's words, in pieces of so many characters; pause before the end."""
        self._script = [text[at : at + pieces] for at in range(0, len(text), pieces)]

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        if turn.instructions:
            yield TextDelta(f"({turn.instructions}) ")
        for piece in self._script:
            yield TextDelta(piece)
        for word in ["pause"] if self._script else turn.text.split():
            if word == "ask":
                for event in CALL[:4]:
                    yield event
                yield ReplyFinished(reason=FinishReason.TOOL_CALLS)
                return
            if word == "pause":
                await asyncio.shield(asyncio.wrap_future(self._gate(turn.text)))
            elif word == "call":
                for event in CALL:
                    yield event
            elif word == "fail" and self.is_failing:
                raise RuntimeError
            else:
                yield TextDelta(f"{word} ")
        yield ReplyFinished()

    def _gate(self, text: str) -> Future[None]:
        return self._gates.setdefault(text, Future())
