"""The writer of a reply: writes what is said to the log in batches, and ends the reply."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from application.reply_intake import ReplyIntake
from application.ticks import wait_for_tick
from domain.errors import ReplyRewoundError, UnavailableError
from domain.idempotency import IdempotencyKey
from domain.message import Message
from domain.ports.reply_log import ReplyLog
from domain.ports.responder import Turn
from domain.reply import ReplyAddress, StepEnd
from domain.reply_events import FinishReason, ReplyEvent, ReplyFinished

_log = logging.getLogger(__name__)

_ENDING_SECONDS: Final = 2.0
_MAY_BE_ASKED_AGAIN: Final = frozenset({FinishReason.FAILED, FinishReason.INTERRUPTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTiming:
    """Seconds: how long a reply may take; between batches, and before the first one.

    ``lease``: after so many without a batch, a reply has no writer any more.
    """

    longest: float = 30 * 60
    interval: float = 0.25
    first: float = 0.025
    lease: float = 15.0

    @property
    def sign_of_life(self) -> float:
        """After how many seconds of silence an empty batch is written; several may fail before the lease ends."""
        return self.lease / 5

    @property
    def sweep_interval(self) -> float:
        """The seconds between two looks for replies without a writer."""
        return self.lease / 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunTurn:
    """A turn that is saved, the empty message of its reply, and the key that the reply gets when it is whole."""

    turn: Turn
    placeholder: Message
    key: IdempotencyKey | None

    @property
    def address(self) -> ReplyAddress:
        """Where the reply stands."""
        return ReplyAddress(self.turn.owner_id, self.placeholder.conversation_id, self.placeholder.seq)


@dataclass(frozen=True, slots=True)
class _Batch:
    """The events from ``start`` to ``stop``, in the message in progress of this seq; ``end`` if they end a step."""

    start: int
    stop: int
    seq: int
    end: StepEnd | None

    @property
    def ends_reply(self) -> bool:
        """Whether it is the last one."""
        return self.end is not None and not self.end.runs_on

    @property
    def next_seq(self) -> int:
        """The seq of the message in progress after it."""
        return self.seq + (self.end.added if self.end else 0)


class ReplyWriter:
    """Makes one reply. Whoever follows it in this process reads at its own pace, and holds up nobody.

    The log is behind by an interval. Batches that the storage loses in a crash are written again.
    """

    def __init__(self, begun: BegunTurn, intake: ReplyIntake, log: ReplyLog, timing: ReplyTiming) -> None:
        self.address = begun.address
        self.is_over = False
        self.message: Message | None = None
        """The reply's last message, once its end is written."""
        self._begun = begun
        self._intake = intake
        self._log = log
        self._timing = timing
        self._batches: list[_Batch] = []

    async def run(self) -> None:
        """Make the reply to its end. Raises ReplyLostError if somebody else has ended it, or has deleted it.

        When it is cancelled, the responder is closed, and the log is left as it is.
        """
        intake = asyncio.create_task(self._intake.take_all())
        try:
            await self._write_all()
        finally:
            self.is_over = True
            self._intake.close()
            intake.cancel()
            await asyncio.wait({intake}, timeout=_ENDING_SECONDS)
            if not intake.done():
                _log.error("A responder goes on after its reply has ended")

    def break_off(self, reason: FinishReason) -> None:
        """End the reply with what it has said until now, unless it is at its end."""
        self._intake.break_off(reason)

    async def follow(self) -> AsyncIterator[ReplyEvent]:
        """All events, as they come, to the end; the finish once it is written. It is missing if the reply is lost."""
        events, place = self._intake.events, 0
        while True:
            while place < self._told:
                yield events[place]
                place += 1
            if self.is_over:
                return
            await self._intake.wait_for_news()

    @property
    def _told(self) -> int:
        """How many events are told: all but a finish that is not written."""
        return len(self._intake.events) - (self._intake.is_finished and self.message is None)

    async def _write_all(self) -> None:
        number = 1
        while True:
            if number > len(self._batches):
                self._batches.append(await self._next_batch())
            batch = self._batches[number - 1]
            try:
                await self._write(number, batch)
            except UnavailableError:
                await asyncio.sleep(self._timing.interval)
            except ReplyRewoundError as error:
                number = error.number
            else:
                if batch.ends_reply:
                    return
                number += 1

    async def _write(self, number: int, batch: _Batch) -> None:
        events = self._intake.events[batch.start : batch.stop]
        if batch.end is None:
            if await self._log.write(self.address, number, events):
                self.break_off(FinishReason.STOPPED)
            return
        finish = events[-1]
        is_kept = isinstance(finish, ReplyFinished) and finish.reason not in _MAY_BE_ASKED_AGAIN
        key = self._begun.key if is_kept else None
        await self._log.advance(self.address, number, events, batch.end, seq=batch.seq, key=key)
        if batch.ends_reply:
            begun_at = self._begun.placeholder.created_at
            self.message = Message.of(batch.end.message, self.address.conversation_id, batch.seq, begun_at)

    async def _next_batch(self) -> _Batch:
        """What is said until a step ends, or until it is time for a batch; nothing, as a sign of life, in silence."""
        start, seq = 0, self.address.seq
        if self._batches:
            start, seq = self._batches[-1].stop, self._batches[-1].next_seq
        silent_until = asyncio.get_running_loop().time() + self._timing.sign_of_life
        while not self._intake.ends:
            interval = self._timing.interval if self._batches else self._timing.first
            now = await wait_for_tick(interval, self._intake.is_due)
            stop = len(self._intake.events)
            if not self._intake.ends and (stop > start or now >= silent_until):
                return _Batch(start, stop, seq, None)
        stop, end = self._intake.ends.popleft()
        return _Batch(start, stop, seq, end)
