"""The echo: says what it was told."""

from collections.abc import AsyncGenerator
from typing import override

from domain.ports.responder import Responder, Turn


class EchoResponder(Responder):
    """Answers ``Echo: <message>``."""

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[str, None]:
        yield "Echo: "
        yield turn.text
