"""Decide a turn: what may be written before a reply in a conversation that there is."""

from application.asked_reply import AskedReply
from domain.append import AppendDecision, decide_turn, depends_on_open_calls
from domain.errors import IdempotencyKeyTakenError, PreviousReplyNotFoundError
from domain.identifiers import ConversationId
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.reply_log import ReplyLog
from domain.quotas import Quotas
from domain.reply import ReplyAddress


class DecideTurn:
    """Reads the state that a turn depends on, if it depends on any."""

    def __init__(self, conversations: ConversationRepository, log: ReplyLog, quotas: Quotas) -> None:
        self._conversations = conversations
        self._log = log
        self._quotas = quotas

    async def __call__(self, asked: AskedReply, conversation_id: ConversationId) -> AppendDecision:
        """What to write. Raises RuleViolationError, CallNotOpenError, PreviousReplyNotFoundError.

        Raises IdempotencyKeyTakenError for a retry that can't be decided any more, since the state has moved on.
        """
        open_calls: frozenset[str] | None = None
        if depends_on_open_calls(asked.messages):
            open_calls, effect = await self._conversations.open_calls(asked.owner_id, conversation_id, asked.key)
            if effect is not None:
                raise IdempotencyKeyTakenError
        follows = None if asked.follows is None else await self._last_seq(asked, conversation_id, asked.follows)
        return decide_turn(asked.messages, open_calls, follows=follows, quotas=self._quotas)

    async def _last_seq(self, asked: AskedReply, conversation_id: ConversationId, seq: int) -> int:
        """The seq of the last message of the reply that is to be followed."""
        previous = await self._log.find(ReplyAddress(asked.owner_id, conversation_id, seq))
        if previous is not None:
            return previous.last_seq
        if asked.key is not None and await self._conversations.effect(asked.owner_id, asked.key) is not None:
            raise IdempotencyKeyTakenError
        raise PreviousReplyNotFoundError
