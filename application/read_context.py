"""Read context: what a model gets of a conversation, within a budget."""

from collections.abc import Sequence
from typing import Final

from domain.append import MAX_OPEN_CALLS
from domain.context import MAX_INSTRUCTIONS, least_cost, make_context
from domain.context_cost import Cost
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message
from domain.model_context import ContextBudget, ModelContext
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
        last_seq, newest = await self._newest(principal.owner_id, conversation_id, budget)
        opening = newest
        if newest and newest[0].seq > 1:
            window = MessageWindow(after=0, limit=MAX_INSTRUCTIONS)
            _, opening = await self._conversations.messages(principal.owner_id, conversation_id, window)
        return make_context(opening, newest, last_seq=last_seq, budget=budget, tokens=self._tokens)

    async def _newest(
        self, owner_id: OwnerId, conversation_id: ConversationId, budget: ContextBudget
    ) -> tuple[int, Sequence[Message]]:
        """The conversation's last seq, and its newest messages: more than the budget holds, if there are so many.

        Messages that have no place in a context (results of calls before them, and what says nothing) do not count, but
        the reading ends with ``MAX_OPEN_CALLS`` of them, and with the bytes of a page.
        """
        window = MessageWindow(limit=min(budget.max_messages + _SPARE, MAX_MESSAGES))
        conversation, page = await self._conversations.messages(owner_id, conversation_id, window)
        newest, cost = [*page], Cost()
        while page and newest[0].seq > 1 and len(newest) < budget.max_messages + MAX_OPEN_CALLS:
            cost += least_cost(page, self._tokens)
            if not cost.fits(budget):
                break
            window = MessageWindow(before=newest[0].seq, limit=MAX_MESSAGES)
            _, page = await self._conversations.messages(owner_id, conversation_id, window)
            newest = [*page, *newest]
        return conversation.last_seq, newest
