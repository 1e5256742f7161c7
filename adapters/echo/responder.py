"""The echo responder: it repeats the user's message."""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Final, override

from domain.ports.responder import Responder, Turn
from domain.reply_events import ReplyEvent, ReplyFinished, TextDelta

_WORDS: Final = re.compile(r"(?<=\s)(?=\S)")


class EchoResponder(Responder):
    """Answers ``Echo: <message>``."""

    def __init__(self, delay: float = 0) -> None:
        """``delay``: how many seconds it waits between two words; without one it says all words at once."""
        self._delay = delay

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        yield TextDelta("Echo: ")
        for words in _WORDS.split(turn.text) if self._delay else [turn.text]:
            if self._delay:
                await asyncio.sleep(self._delay)
            yield TextDelta(words)
        yield ReplyFinished()
