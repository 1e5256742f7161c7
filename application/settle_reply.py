"""Settle a reply: end it with what its log holds, when its writer does not."""

import logging
from datetime import timedelta
from typing import Final

from domain.errors import ReplyLostError, ReplyRewoundError, RuleViolationError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.ports.reply_log import ReplyLog
from domain.reply import RecordedReply, ReplyAddress
from domain.reply_draft import ReplyDraft
from domain.reply_events import FinishReason, ReplyFinished

_log = logging.getLogger(__name__)

DEFAULT_LEASE: Final = 15.0
_MAX_ATTEMPTS: Final = 100
"""Each failed attempt means that the writer has written a batch."""
_MOST_AT_ONCE: Final = 100


class SettleReply:
    """End replies whose writers have died, or are to stop and do not."""

    def __init__(self, log: ReplyLog, *, lease: float = DEFAULT_LEASE) -> None:
        """``lease``: after how many seconds without a batch a reply has no writer any more."""
        self._log = log
        self._lease = timedelta(seconds=lease)

    async def in_conversation(self, owner_id: OwnerId, conversation_id: ConversationId) -> bool:
        """As ``if_silent``, of the conversation's reply. Raises ConversationNotFoundError."""
        running = await self._log.running(owner_id, conversation_id)
        return running is None or await self.if_silent(running)

    async def if_silent(self, reply: RecordedReply) -> bool:
        """End a reply as interrupted if its writer has been silent for too long. Returns whether it runs no more."""
        if not reply.is_running:
            return True
        return reply.silence >= self._lease and await self._end(reply.address, FinishReason.INTERRUPTED, self._lease)

    async def at_once(self, reply: ReplyAddress, reason: FinishReason) -> None:
        """End a reply, whether its writer lives or not; the writer can't write any more then.

        A reply that was stopped is whole: the key of its turn has it as its effect.
        """
        await self._end(reply, reason, timedelta())

    async def all_silent(self) -> int:
        """End all replies of any owners that have no writer any more. Returns how many.

        One whose log breaks a rule is reported and left; only damage to the storage makes such a log.
        """
        ended = 0
        for reply in await self._log.silent(self._lease, _MOST_AT_ONCE):
            try:
                ended += await self._end(reply, FinishReason.INTERRUPTED, self._lease)
            except RuleViolationError:
                _log.exception("The reply %d of conversation %s can't be ended", reply.seq, reply.conversation_id)
        return ended

    async def _end(self, address: ReplyAddress, reason: FinishReason, lease: timedelta) -> bool:
        for _ in range(_MAX_ATTEMPTS):
            reply = await self._log.recorded(address)
            if reply is None or not reply.is_running:
                return True
            if reply.silence < lease:
                return False
            key = await self._log.turn_key(reply) if reason is FinishReason.STOPPED else None
            try:
                await self._settle(reply, ReplyFinished(reason=reason), key and key.of_step("reply"))
            except (ReplyLostError, ReplyRewoundError):
                continue
            return True
        return False

    async def _settle(self, reply: RecordedReply, finish: ReplyFinished, key: IdempotencyKey | None) -> None:
        end = ReplyDraft.of(reply.events).add(finish)
        if end is None:
            raise ReplyLostError
        await self._log.advance(reply.address, len(reply.batches), [finish], end, seq=reply.last_seq, key=key)
