"""Sweep replies: end those whose writers have died, and delete the logs that nobody follows any more."""

import asyncio
import logging
from typing import Final

from application.running_replies import RunningReplies
from application.settle_reply import SettleReply
from domain.errors import UnavailableError
from domain.ports.reply_log import ReplyLog

_log = logging.getLogger(__name__)

_KEPT_SECONDS: Final = 10 * 60
"""How long the log of a reply stays after its end, for those who come back to it."""


class SweepReplies:
    """Looks after the replies of all owners, again and again."""

    def __init__(self, log: ReplyLog, replies: RunningReplies, settle: SettleReply, *, interval: float) -> None:
        """``interval``: seconds between two sweeps."""
        self._log = log
        self._replies = replies
        self._settle = settle
        self._interval = interval

    async def __call__(self) -> int:
        """Sweep once. Returns how many replies were ended. Raises UnavailableError."""
        settled = await self._settle.all_silent()
        if settled:
            _log.warning("Ended %d replies whose processes had died", settled)
        for reply in self._replies.ended_before(_KEPT_SECONDS):
            await self._log.forget(reply)
        return settled

    async def forever(self) -> None:
        """Sweep at once, and then at intervals, until it is cancelled."""
        while True:
            try:
                await self()
            except UnavailableError:
                _log.debug("Replies could not be swept")
            except Exception:  # noqa: BLE001 - a defect, which must not end the sweeping
                _log.exception("Replies could not be swept")
            await asyncio.sleep(self._interval)
