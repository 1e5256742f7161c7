"""The echo responder: it repeats the user's message."""

from collections.abc import AsyncGenerator
from typing import override

from domain.ports.responder import Responder, Turn
from domain.reply_events import ReplyEvent, ReplyFinished, TextDelta


class EchoResponder(Responder):
    """Answers ``Echo: <message>``."""

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        yield TextDelta("Echo: ")
        yield TextDelta(turn.text)
        yield ReplyFinished()
