"""Show a reply that runs: its message in progress with what was said until now."""

from collections.abc import Sequence
from dataclasses import replace

from application.settle_reply import SettleReply
from domain.identifiers import OwnerId
from domain.message import Message, Status
from domain.ports.reply_log import ReplyLog
from domain.reply_draft import ReplyDraft


class ShowReply:
    """Fills in messages in progress, which are stored empty."""

    def __init__(self, log: ReplyLog, settle: SettleReply) -> None:
        self._log = log
        self._settle = settle

    async def __call__(self, owner_id: OwnerId, messages: Sequence[Message]) -> Sequence[Message] | None:
        """The messages as their readers see them; None if they must be read again, as the reply has ended meanwhile."""
        if not messages or messages[-1].status is not Status.IN_PROGRESS:
            return messages
        running = await self._log.running(owner_id, messages[-1].conversation_id)
        if running is None or running.last_seq != messages[-1].seq or await self._settle.if_silent(running):
            return None
        so_far = ReplyDraft.of(running.events).so_far()
        return [*messages[:-1], replace(messages[-1], content=so_far.content_json)]
