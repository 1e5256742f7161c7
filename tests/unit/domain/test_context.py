"""The context of a model: what fits, what is always there, and where it begins."""

from collections.abc import Sequence
from itertools import pairwise
from typing import override

import pytest

from domain.chat_message import ChatMessage
from domain.context import make_context
from domain.errors import BudgetTooSmallError, RuleViolationError
from domain.message import Message, NewMessage, Status
from domain.model_context import ContextBudget, ModelContext
from domain.ports.token_counter import TokenCounter
from domain.roles import Role
from tests.support.fakes.others import CharacterCounter
from tests.support.histories import assistant, calls, kept, result, system, user

TOKENS = CharacterCounter()
"""It takes ``"a"`` for four tokens: three characters, and one."""


class Constant(TokenCounter):
    """Takes a message for a token."""

    @override
    def count(self, message: ChatMessage) -> int:
        return 1


def turns(count: int) -> list[NewMessage]:
    """So many users' messages, each with its reply."""
    return [one for n in range(count) for one in (user(f"{n:03}u"), assistant(f"{n:03}a"))]


def context_of(
    history: Sequence[NewMessage],
    max_messages: int = 100,
    max_tokens: int = 100_000,
    *,
    read: int | None = None,
    tokens: TokenCounter = TOKENS,
) -> ModelContext:
    """The context of a conversation, of which the last ``read`` messages were read; all if None."""
    messages: list[Message] = kept(*history)
    newest = messages if read is None else messages[-read:]
    return make_context(
        messages[:10],
        newest,
        before=len(messages) - len(newest),
        last_seq=len(messages),
        budget=ContextBudget(max_messages=max_messages, max_tokens=max_tokens),
        tokens=tokens,
    )


def texts(context: ModelContext) -> list[object]:
    return [one.content and one.content.value for one in context.messages]


def test_a_conversation_that_fits_is_there_from_its_beginning() -> None:
    context = context_of([user("a"), assistant("b"), user("c")], max_messages=3)

    assert texts(context) == ["a", "b", "c"]
    assert (context.last_seq, context.omitted) == (3, 0)


def test_an_empty_conversation_has_an_empty_context() -> None:
    assert context_of([], 1, 1) == ModelContext(messages=(), last_seq=0, omitted=0)


def test_the_newest_messages_that_fit_are_there_in_their_order() -> None:
    context = context_of(turns(50), max_messages=20)

    assert 15 <= len(context.messages) <= 20
    assert texts(context) == texts(context_of(turns(50)))[-len(context.messages) :]
    assert (context.last_seq, context.omitted) == (100, 100 - len(context.messages))


def test_tokens_bound_it_as_messages_do() -> None:
    context = context_of(turns(50), max_tokens=7 * 20)  # each message takes 7

    assert 15 <= len(context.messages) <= 20
    assert texts(context)[-1] == "049a"


def test_bytes_bound_it_as_messages_do() -> None:
    history = [user("x" * 1_000_000) for _ in range(8)]

    context = context_of(history, tokens=Constant())

    assert 3 <= len(context.messages) <= 4


def test_a_newest_exchange_of_many_bytes_is_there_all_the_same() -> None:
    exchange = [calls("v", "w", "x", "y", "z"), *(result(one, "x" * 1_000_000) for one in "vwxyz")]

    context = context_of([user(), *exchange], tokens=Constant())

    assert len(context.messages) == 6


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.DEVELOPER])
def test_the_instructions_at_the_beginning_are_always_there_and_count(role: Role) -> None:
    history = [system("s", role), system("d", Role.DEVELOPER), *turns(50), system("late"), user("end")]

    context = context_of(history, max_messages=20)

    assert texts(context)[:2] == ["s", "d"]
    assert texts(context)[-2:] == ["late", "end"]
    assert 15 <= len(context.messages) <= 20
    assert context.omitted == len(history) - len(context.messages)


def test_a_system_message_in_the_middle_goes_with_the_messages_around_it() -> None:
    context = context_of([*turns(3), system("late"), *turns(50)], max_messages=20)

    assert "late" not in texts(context)


def test_no_more_than_ten_instructions_are_kept() -> None:
    history = [*(system(f"s{n}") for n in range(12)), *turns(50)]

    context = context_of(history, max_messages=40)

    assert texts(context)[:11] == [*(f"s{n}" for n in range(10)), texts(context)[10]]
    assert texts(context)[10] not in ("s10", "s11")


def test_instructions_are_there_once_whether_they_were_read_with_the_rest_or_not() -> None:
    history = [system("s"), *turns(4)]

    assert [texts(context_of(history, read=count)).count("s") for count in (9, 8, 3)] == [1, 1, 1]


def test_a_context_begins_with_a_users_turn_where_one_is_near() -> None:
    contexts = [context_of([*turns(n), user("u")], max_messages=20) for n in range(20, 60)]

    assert {one.messages[0].role for one in contexts} == {Role.USER}


def test_a_long_turn_is_cut_between_its_exchanges() -> None:
    history = [user("go"), *(one for n in range(50) for one in (calls(f"c{n}"), result(f"c{n}")))]

    context = context_of(history, max_messages=20)

    assert 14 <= len(context.messages) <= 20
    assert [one.role for one in context.messages] == [Role.ASSISTANT, Role.TOOL] * (len(context.messages) // 2)


@pytest.mark.parametrize("budget", [(40, 100_000), (100, 7 * 40)])
def test_a_context_begins_where_it_began_before_for_many_messages(budget: tuple[int, int]) -> None:
    history = turns(150)
    contexts = [context_of(history[:count], *budget).messages for count in range(1, 301)]

    moves = [count for count, (earlier, later) in enumerate(pairwise(contexts)) if later[: len(earlier)] != earlier]
    assert min(later - earlier for earlier, later in pairwise(moves[2:])) >= 7
    assert len(moves) <= 300 / 7
    beginnings = [str(one[0]) for one in contexts]
    assert beginnings == sorted(beginnings)


def test_the_newest_exchange_is_there_whatever_share_of_the_budget_it_takes() -> None:
    context = context_of([*turns(20), user("x" * 90)], max_tokens=100)

    assert texts(context) == ["x" * 90]


@pytest.mark.parametrize(
    ("history", "max_messages", "max_tokens", "field", "needed"),
    [
        ([user("a"), user("x" * 90)], 1, 92, "max_tokens", 93),
        ([system("s"), user("a"), user("b")], 1, 100, "max_messages", 2),
        ([system("s"), user("a"), user("b")], 2, 7, "max_tokens", 8),
        ([calls("x", "y"), result("x")], 2, 1_000, "max_messages", 3),
        ([system("s"), system("t")], 1, 100, "max_messages", 2),
        ([system("s"), system("t")], 2, 7, "max_tokens", 8),
        ([system("s"), user("a"), assistant("", status=Status.FAILED)], 1, 100, "max_messages", 2),
    ],
)
def test_a_budget_that_does_not_hold_the_instructions_and_the_newest_exchange_is_refused(
    history: list[NewMessage], max_messages: int, max_tokens: int, field: str, needed: int
) -> None:
    with pytest.raises(BudgetTooSmallError, match=f"at least {needed} ") as raised:
        context_of(history, max_messages, max_tokens)

    assert raised.value.field == field
    enough = (needed, max_tokens) if field == "max_messages" else (max_messages, needed)
    assert context_of(history, *enough).messages


def test_what_is_not_said_is_omitted() -> None:
    history = [user("a"), assistant("", status=Status.FAILED), assistant("b"), calls("x"), user("c")]

    context = context_of(history)

    assert len(context.messages) == 5  # the call has a closing that is not stored
    assert context.omitted == 1


def test_a_reply_that_runs_is_not_there_yet() -> None:
    running = assistant("hal", status=Status.IN_PROGRESS)

    assert context_of([user("a"), running]) == context_of([user("a")])
    assert context_of([running]) == context_of([])
    context = context_of([user("a"), running, user("b")])
    assert (texts(context), context.last_seq, context.omitted) == (["a", "b"], 3, 1)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"max_messages": 0}, "max_messages"),
        ({"max_messages": 1_001}, "max_messages"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1_000_001}, "max_tokens"),
    ],
)
def test_a_budget_has_bounds(given: dict[str, int], field: str) -> None:
    with pytest.raises(RuleViolationError) as raised:
        ContextBudget(**given)

    assert raised.value.field == field
    assert ContextBudget(max_messages=1, max_tokens=1) != ContextBudget(max_messages=1_000, max_tokens=1_000_000)
