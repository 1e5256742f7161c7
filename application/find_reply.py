"""Find a reply: where it ends, and what was kept when it began."""

from domain.errors import NotFoundError
from domain.identifiers import ConversationId
from domain.ports.reply_log import ReplyLog
from domain.principal import Principal
from domain.reply import KeptReply, ReplyAddress


class FindReply:
    """Find a reply in a conversation of the caller's, whether it runs or not."""

    def __init__(self, log: ReplyLog) -> None:
        self._log = log

    async def __call__(self, principal: Principal, conversation_id: ConversationId, seq: int) -> KeptReply:
        """The reply whose first message has this seq. Raises NotFoundError."""
        kept = await self._log.find(ReplyAddress(principal.owner_id, conversation_id, seq))
        if kept is None:
            raise NotFoundError
        return kept
