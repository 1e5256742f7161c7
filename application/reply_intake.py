"""The intake of a reply: takes what the responder says, until it ends or is broken off."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Final

from application.read_context import ReadContext
from domain.errors import RuleViolationError
from domain.ports.responder import Responder, Turn
from domain.principal import Principal
from domain.reply import StepEnd
from domain.reply_draft import ReplyDraft
from domain.reply_events import BREAKS, FinishReason, ReplyEvent, ReplyFinished, TextDelta

_log = logging.getLogger(__name__)

_CLOSING_SECONDS: Final = 1.0


class ReplyIntake:
    """What was said until now, and the steps that it ended. However the responder ends, the reply has one finish."""

    def __init__(self, turn: Turn, responder: Responder, read_context: ReadContext, *, longest: float) -> None:
        """``longest``: how many seconds the reply may take."""
        self.events: list[ReplyEvent] = []
        self.ends: deque[tuple[int, StepEnd]] = deque()
        """After how many events each step ends; whoever writes the end takes it out."""
        self.is_finished = False
        self.is_due = asyncio.Event()
        """Set when a step ends, for whoever writes the end; others may set it, too."""
        self._turn = turn
        self._responder = responder
        self._read_context = read_context
        self._longest = longest
        self._draft = ReplyDraft()
        self._is_closed = False
        self._news = asyncio.Event()

    async def take_all(self) -> None:
        """Take the responder's events to their end."""
        deadline = asyncio.timeout(self._longest)
        try:
            async with deadline:
                finish = await self._take_events()
            if not self.is_finished:
                self._take(finish)
        except TimeoutError as error:
            self._fail(error, FinishReason.INTERRUPTED if deadline.expired() else FinishReason.FAILED)
        except Exception as error:  # noqa: BLE001 - a responder may raise anything
            self._fail(error, FinishReason.FAILED)

    def break_off(self, reason: FinishReason) -> None:
        """End the reply with what it has said until now, unless it is at its end."""
        if not self.is_finished:
            self._take(ReplyFinished(reason=reason))

    def close(self) -> None:
        """Take nothing any more, and wake who waits for news."""
        self._is_closed = True
        self._tell()

    async def wait_for_news(self) -> None:
        """Wait for the next event, or for the close."""
        await self._news.wait()

    async def _take_events(self) -> ReplyFinished:
        """Take the events but the last one, which is returned when the responder is closed."""
        events = self._responder.reply(await self._whole_turn())
        try:
            async for event in events:
                if self.is_finished or self._is_closed:
                    break
                if (finish := self._take_or_finish(event)) is not None:
                    return finish
        finally:
            await _close(events)
        raise RuleViolationError("reply", "must end with its finish")

    async def _whole_turn(self) -> Turn:
        if self._responder.budget is None or self._turn.context is not None:
            return self._turn
        agent = Principal.agent(on_behalf_of=self._turn.owner_id)
        context = await self._read_context(
            agent,
            self._turn.message.conversation_id,
            self._responder.budget,
            instructions=self._turn.instructions,
        )
        return replace(self._turn, context=context)

    def _take_or_finish(self, event: ReplyEvent) -> ReplyFinished | None:
        if isinstance(event, ReplyFinished):
            if event.reason in BREAKS:
                raise RuleViolationError("reply", "must not end for a reason that is the service's to give")
            return event
        if self._draft.has_room_for(event):
            self._take(event)
            return None
        if isinstance(event, TextDelta) and (beginning := self._draft.cut(event)).text:
            self._take(beginning)
        return ReplyFinished(reason=FinishReason.LENGTH)

    def _take(self, event: ReplyEvent) -> None:
        end = self._draft.add(event)
        self.events.append(event)
        if end is not None:
            self.ends.append((len(self.events), end))
            self.is_finished = not end.runs_on
            self.is_due.set()
        self._tell()

    def _fail(self, error: Exception, reason: FinishReason) -> None:
        if not self.is_finished and not self._is_closed:
            _log.warning("A reply failed: %s", type(error).__name__)
            self.break_off(reason)

    def _tell(self) -> None:
        self._news.set()
        self._news.clear()  # those who wait are woken all the same


async def _close(events: AsyncGenerator[ReplyEvent, None]) -> None:
    """Close a reply within a bounded time. If that fails, what was said is kept all the same."""
    try:
        async with asyncio.timeout(_CLOSING_SECONDS):
            await events.aclose()
    except Exception as error:  # noqa: BLE001 - a responder may raise anything
        _log.warning("A responder could not be closed: %s", type(error).__name__)
