"""Stop a reply: it ends with what it has said, and the next turn may begin."""

import asyncio
from typing import Final

from application.follow_reply import FollowReply
from application.running_replies import RunningReplies
from application.settle_reply import SettleReply
from domain.identifiers import ConversationId
from domain.message import Message
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.reply_log import ReplyLog
from domain.principal import Principal
from domain.reply import last_message_seq
from domain.reply_events import FinishReason

_PATIENCE: Final = 1.5
"""Seconds for the writer to end the reply itself."""


class StopReply:
    """Stop the reply that runs in a conversation of the caller's."""

    def __init__(
        self,
        conversations: ConversationRepository,
        log: ReplyLog,
        replies: RunningReplies,
        follow: FollowReply,
        settle: SettleReply,
    ) -> None:
        self._conversations = conversations
        self._log = log
        self._replies = replies
        self._follow = follow
        self._settle = settle

    async def __call__(self, principal: Principal, conversation_id: ConversationId) -> Message | None:
        """End the reply within two seconds, wherever it is made, and return its last message; None if none runs.

        It may have ended by itself meanwhile. Raises ConversationNotFoundError.
        """
        reply = await self._log.request_stop(principal.owner_id, conversation_id)
        if reply is None:
            return None
        if writer := self._replies.find(reply):
            writer.break_off(FinishReason.STOPPED)
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._follow.to_its_end(reply)
        except TimeoutError:
            await self._settle.at_once(reply, FinishReason.STOPPED)
        events = await self._follow.to_its_end(reply)
        return await self._conversations.message(*reply[:2], last_message_seq(reply, events))
