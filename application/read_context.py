"""Read context: what a model gets of a conversation, within a budget."""

from collections.abc import Sequence
from typing import Final

from domain.context import MAX_INSTRUCTIONS, ModelContext, is_enough, make_context
from domain.context_budget import ContextBudget
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message
from domain.pages import MAX_MESSAGES, MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.token_counter import TokenCounter
from domain.principal import Principal

_SPARE: Final = 16
"""Messages of the first page beyond the budget, so that a second one is seldom needed to see where it ends."""


class ReadContext:
    """Read what a model gets of a conversation of the caller's."""

    def __init__(self, conversations: ConversationRepository, tokens: TokenCounter) -> None:
        self._conversations = conversations
        self._tokens = tokens

    async def __call__(
        self, principal: Principal, conversation_id: ConversationId, budget: ContextBudget | None = None
    ) -> ModelContext:
        """The newest messages within the budget (default: 100 messages, 32,000 tokens), after the instructions.

        Read backwards page by page, so that a long conversation takes no more than a short one. Raises
        ConversationNotFoundError; BudgetTooSmallError if the instructions and the newest messages are more than that.
        """
        budget = budget or ContextBudget()
        owner_id = principal.owner_id
        window = MessageWindow(limit=min(budget.max_messages + _SPARE, MAX_MESSAGES))
        conversation, page = await self._conversations.messages(owner_id, conversation_id, window)
        newest = [*page]
        while page and newest[0].seq > 1 and not is_enough(newest, budget, self._tokens):
            window = MessageWindow(before=newest[0].seq, limit=MAX_MESSAGES)
            _, page = await self._conversations.messages(owner_id, conversation_id, window)
            newest = [*page, *newest]
        opening = newest if not newest or newest[0].seq == 1 else await self._opening(owner_id, conversation_id)
        return make_context(opening, newest, last_seq=conversation.last_seq, budget=budget, tokens=self._tokens)

    async def _opening(self, owner_id: OwnerId, conversation_id: ConversationId) -> Sequence[Message]:
        window = MessageWindow(after=0, limit=MAX_INSTRUCTIONS)
        _, opening = await self._conversations.messages(owner_id, conversation_id, window)
        return opening
