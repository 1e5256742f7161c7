"""The context of a model: the newest messages of a conversation that fit a budget.

First come the instructions with which the conversation begins. Then comes an exchange, and from it on everything to the
end. Where that is moves in steps: it stays while messages are appended, so that a provider's prompt cache knows the
beginning of the next request again. All follows from the messages and the budget alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, takewhile
from typing import Final

from domain.chat_message import ChatMessage
from domain.context_cost import Cost
from domain.errors import BudgetTooSmallError, ContextTooLongError
from domain.exchanges import Exchange, exchanges_of
from domain.json_text import JsonText
from domain.message import Message, Status
from domain.model_context import ContextBudget, ModelContext
from domain.ports.token_counter import TokenCounter
from domain.roles import INSTRUCT, Role

MAX_INSTRUCTIONS: Final = 10
"""Of so many first messages those that instruct are instructions, up to the first that does not."""
_KEPT: Final = 0.75
"""The share of the budget that is always used as far as whole exchanges allow; the rest is for the steps."""


def make_context(
    opening: Sequence[Message],
    newest: Sequence[Message],
    *,
    before: int,
    last_seq: int,
    budget: ContextBudget,
    tokens: TokenCounter,
    instructions: str | None = None,
) -> ModelContext:
    """The context of a conversation of which the first and the newest messages were read; both may be the same.

    ``before``: how many messages the conversation has before the newest. ``last_seq``: the conversation's.
    ``instructions``: what comes before everything, and is no message of the conversation.
    Raises BudgetTooSmallError unless the budget holds the instructions and the newest exchange.
    """
    running = list(takewhile(lambda message: message.status is Status.IN_PROGRESS, reversed(newest)))
    last_seq = running[-1].seq - 1 if running else last_seq
    instructing = list(takewhile(lambda message: message.role in INSTRUCT, opening[:MAX_INSTRUCTIONS]))
    first = instructing[-1].seq + 1 if instructing else 1
    pinned = [*_given(instructions), *exchanges_of(instructing)]
    exchanges = exchanges_of([message for message in newest if first <= message.seq <= last_seq])
    is_all = before == sum(message.seq < newest[0].seq for message in instructing)
    chosen = [*pinned, *_newest(exchanges, Cost.of_all(pinned, tokens), budget, tokens, is_all=is_all)]
    return ModelContext(
        messages=tuple(message for exchange in chosen for message in exchange.messages),
        last_seq=last_seq,
        omitted=before + len(newest) - len(running) - sum(exchange.stored for exchange in chosen),
    )


def whole_context(
    messages: Sequence[Message], *, budget: ContextBudget, tokens: TokenCounter, instructions: str | None
) -> ModelContext:
    """The context that has all of these messages, after the instructions.

    Raises ContextTooLongError if they are more than the budget.
    """
    exchanges = [*_given(instructions), *exchanges_of(messages)]
    if not Cost.of_all(exchanges, tokens).fits(budget):
        most = f"{budget.max_messages} messages and {budget.max_tokens} tokens"
        raise ContextTooLongError("messages", f"must not be more than a model gets here, which is {most}")
    chats = tuple(chat for exchange in exchanges for chat in exchange.messages)
    return ModelContext(messages=chats, last_seq=messages[-1].seq, omitted=0)


def least_cost(page: Sequence[Message], tokens: TokenCounter) -> Cost:
    """What consecutive messages take of a budget at least, if the context has them; the bytes are of all their JSON."""
    stored = [replace(one, messages=one.messages[: one.stored]) for one in exchanges_of(page)]
    documents = (one for message in page for one in message.documents)
    return replace(Cost.of_all(stored, tokens), size=sum(document.byte_count for document in documents))


def _given(instructions: str | None) -> list[Exchange]:
    """Instructions that are given, as a system message: the role that every provider knows."""
    if instructions is None:
        return []
    message = ChatMessage(Role.SYSTEM, JsonText.of(instructions))
    return [Exchange(seq=0, stored=0, is_turn=False, messages=(message,))]


def _newest(
    exchanges: Sequence[Exchange], pinned: Cost, budget: ContextBudget, tokens: TokenCounter, *, is_all: bool
) -> Sequence[Exchange]:
    """The exchanges with which the context goes on after its instructions; ``is_all``: no older one exists.

    They fit the budget, and are at least all that fit ``_KEPT`` of it. Within that they begin at a user's turn if there
    is one, as some providers demand, else at any exchange: at the one that follows on the roundest seq.
    """
    costs = list(accumulate(Cost.of(exchange, tokens) for exchange in reversed(exchanges)))
    _require_room(pinned + costs[0] if costs else pinned, budget)
    if not exchanges:
        return ()
    most = max(1, sum(cost.fits(budget, beside=pinned) for cost in costs))
    if is_all and most == len(exchanges):
        return exchanges
    least = max(1, sum(cost.fits(budget, beside=pinned, share=_KEPT) for cost in costs))
    beginnings = exchanges[-most : len(exchanges) - least + 1]
    beginnings = [exchange for exchange in beginnings if exchange.is_turn] or beginnings
    boundary = _roundest(beginnings[0].seq, beginnings[-1].seq)
    beginning = next(exchange for exchange in beginnings if exchange.seq >= boundary)
    return [exchange for exchange in exchanges if exchange.seq >= beginning.seq]


def _require_room(least: Cost, budget: ContextBudget) -> None:
    needs = {"max_messages": least.messages, "max_tokens": least.tokens}
    for name, needed in needs.items():
        if needed > getattr(budget, name):
            raise BudgetTooSmallError(
                name, f"must be at least {needed} here, for the instructions and the newest messages"
            )


def _roundest(first: int, last: int) -> int:
    """The number from ``first`` to ``last`` that the greatest power of two divides.

    It stays the same while both ends move on, for about half the distance between them or longer.
    """
    low_bits = ((first - 1) ^ last).bit_length() - 1
    return last >> low_bits << low_bits
