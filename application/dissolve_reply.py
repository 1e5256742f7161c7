"""Dissolve a reply: its messages stay in their conversation, and nothing else of it."""

from application.removal import attempt_to_remove
from application.settle_reply import SettleReply
from domain.identifiers import ConversationId
from domain.ports.reply_log import ReplyLog
from domain.principal import Principal
from domain.reply import ReplyAddress


class DissolveReply:
    """Dissolve a reply in a conversation of the caller's: it can't be followed, shown or asked for any more."""

    def __init__(self, log: ReplyLog, settle: SettleReply) -> None:
        self._log = log
        self._settle = settle

    async def __call__(self, principal: Principal, conversation_id: ConversationId, seq: int) -> None:
        """Dissolve the reply whose first message has this seq.

        Raises NotFoundError, also when it was dissolved before; ReplyRunningError while it runs.
        """
        reply = ReplyAddress(principal.owner_id, conversation_id, seq)

        async def dissolve() -> None:
            await self._log.dissolve(reply)

        await attempt_to_remove(dissolve, self._settle, principal.owner_id, conversation_id)
