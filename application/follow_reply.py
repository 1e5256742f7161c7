"""Follow a reply: its events from the first one to its end, wherever it is made."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

from application.running_replies import RunningReplies
from application.settle_reply import SettleReply
from application.ticks import wait_for_tick
from domain.errors import ConversationNotFoundError, ReplyLostError, UnavailableError
from domain.identifiers import ConversationId
from domain.pages import MAX_MESSAGES, MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.reply_log import ReplyLog
from domain.principal import Principal
from domain.reply import Batch, ReplyAddress
from domain.reply_events import ReplyEvent, ReplyFinished
from domain.reply_replay import events_of

_SHORTEST: Final = 0.1
_LONGEST: Final = 0.8
"""Seconds between two looks into the log, which double while nothing comes."""


class FollowReply:
    """Follow replies: from memory those of this process, from their logs all others."""

    def __init__(
        self,
        conversations: ConversationRepository,
        log: ReplyLog,
        replies: RunningReplies,
        settle: SettleReply,
        *,
        patience: float,
    ) -> None:
        """``patience``: how many seconds of silence are borne before it is asked whether the writer lives."""
        self._conversations = conversations
        self._log = log
        self._replies = replies
        self._settle = settle
        self._patience = patience

    async def __call__(
        self, principal: Principal, conversation_id: ConversationId, *, known_seq: int | None = None
    ) -> ReplyAddress | None:
        """The reply that runs in a conversation of the caller's; None if none does. Raises ConversationNotFoundError.

        ``known_seq`` is that of a reply that the caller has followed: if none runs, it is this one, while its log is
        kept.
        """
        owner_id = principal.owner_id
        running = await self._log.running(owner_id, conversation_id)
        if running is not None and not await self._settle.if_silent(running):
            return running.address
        if known_seq is None:
            return None
        ended = await self._log.recorded(ReplyAddress(owner_id, conversation_id, known_seq))
        return None if ended is None else ended.address

    async def events(self, reply: ReplyAddress) -> AsyncGenerator[ReplyEvent, None]:
        """Everything that was said from the beginning, and then what is said, as it comes; the last is ReplyFinished.

        The caller has asked whose reply it is. Of a reply whose log was deleted the events are made of its messages.
        Raises ReplyLostError if the reply is deleted meanwhile, UnavailableError if the storage is away for too long.
        """
        writer = self._replies.find(reply)
        told = 0
        if writer is not None and not writer.is_over:
            async for event in writer.follow():
                yield event
                told += 1
                if isinstance(event, ReplyFinished):
                    return
        place = 0
        async for event in self._recorded(reply):
            place += 1
            if place > told or isinstance(
                event, ReplyFinished
            ):  # a writer that has lost its reply told more than it kept
                yield event

    async def to_its_end(self, reply: ReplyAddress) -> Sequence[ReplyEvent]:
        """All events, when the reply has ended. Raises as ``events`` does."""
        async with aclosing(self.events(reply)) as events:
            return [event async for event in events]

    async def _recorded(self, reply: ReplyAddress) -> AsyncGenerator[ReplyEvent, None]:
        """The events in the log, as they come."""
        number, pause, silent_since = 0, _SHORTEST, asyncio.get_running_loop().time()
        while True:
            batches = await self._news(reply, number, silent_since)
            for event in (event for batch in batches for event in batch.events):
                yield event
                if isinstance(event, ReplyFinished):
                    return
            if batches:
                number, pause, silent_since = batches[-1].number + 1, _SHORTEST, asyncio.get_running_loop().time()
            elif number == 0 and await self._log.recorded(reply) is None:
                for event in await self._remembered(reply):
                    yield event
                return
            now = await wait_for_tick(pause)
            pause = min(2 * pause, _LONGEST)
            if now - silent_since > self._patience:
                await self._require_writer(reply)
                silent_since = now

    async def _news(self, reply: ReplyAddress, number: int, silent_since: float) -> Sequence[Batch]:
        try:
            return await self._log.news(reply, number)
        except UnavailableError:
            if asyncio.get_running_loop().time() - silent_since > self._patience:
                raise
            return ()

    async def _require_writer(self, reply: ReplyAddress) -> None:
        """See to it that the log comes to its end. Raises ReplyLostError if there is none any more."""
        try:
            recorded = await self._log.recorded(reply)
            if recorded is None:
                raise ReplyLostError
            await self._settle.if_silent(recorded)
        except UnavailableError:
            return

    async def _remembered(self, reply: ReplyAddress) -> list[ReplyEvent]:
        kept = await self._log.find(reply)
        if kept is None:
            raise ReplyLostError
        window = MessageWindow(after=reply.seq - 1, limit=MAX_MESSAGES)
        try:
            page = await self._conversations.messages(reply.owner_id, reply.conversation_id, window)
        except ConversationNotFoundError as error:
            raise ReplyLostError from error
        return events_of([message for message in page.messages if message.seq <= kept.last_seq])
