"""Read context: what a model gets of a conversation, within a budget."""

from typing import Final

from domain.append import MAX_OPEN_CALLS
from domain.context import MAX_INSTRUCTIONS, least_cost, make_context
from domain.context_cost import Cost
from domain.identifiers import ConversationId, OwnerId
from domain.model_context import ContextBudget, ModelContext
from domain.pages import MAX_MESSAGES, MessagePage, MessageWindow
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
        self,
        principal: Principal,
        conversation_id: ConversationId,
        budget: ContextBudget | None = None,
        *,
        instructions: str | None = None,
    ) -> ModelContext:
        """The newest messages within the budget (default: 100 messages, 32,000 tokens), after the instructions.

        Those that are given come before those of the conversation.

        Read backwards page by page, so that a long conversation takes no more than a short one. Raises
        ConversationNotFoundError; BudgetTooSmallError if the instructions and the newest messages are more than that.
        """
        budget = budget or ContextBudget()
        newest = await self._newest(principal.owner_id, conversation_id, budget)
        opening, before = newest.messages, 0
        if newest.has_more_before:
            window = MessageWindow(after=0, limit=MAX_INSTRUCTIONS)
            opening = (await self._conversations.messages(principal.owner_id, conversation_id, window)).messages
            before = await self._conversations.count_before(principal.owner_id, conversation_id, newest.messages[0].seq)
        last_seq = newest.conversation.last_seq
        return make_context(
            opening,
            newest.messages,
            before=before,
            last_seq=last_seq,
            budget=budget,
            tokens=self._tokens,
            instructions=instructions,
        )

    async def _newest(self, owner_id: OwnerId, conversation_id: ConversationId, budget: ContextBudget) -> MessagePage:
        """The conversation's newest messages: more than the budget holds, if there are so many.

        Messages that have no place in a context (results of calls before them, and what says nothing) do not count, but
        the reading ends with ``MAX_OPEN_CALLS`` of them, and with the bytes of a page.
        """
        window = MessageWindow(limit=min(budget.max_messages + _SPARE, MAX_MESSAGES))
        page = newest = await self._conversations.messages(owner_id, conversation_id, window)
        cost = Cost()
        while newest.has_more_before and len(newest.messages) < budget.max_messages + MAX_OPEN_CALLS:
            cost += least_cost(page.messages, self._tokens)
            if not cost.fits(budget):
                break
            window = MessageWindow(before=newest.messages[0].seq, limit=MAX_MESSAGES)
            page = await self._conversations.messages(owner_id, conversation_id, window)
            newest = page.followed_by(newest)
        return newest
