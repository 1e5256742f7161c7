"""Whatever was appended and whatever the budget: a strict provider accepts the context, and it is the newest that fits.

What is expected is worked out anew, by tests/support/expected_context.py.
"""

import asyncio
from collections.abc import Sequence
from itertools import pairwise, takewhile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.append import decide_append
from domain.context import MAX_INSTRUCTIONS
from domain.errors import BudgetTooSmallError
from domain.identifiers import OwnerId
from domain.message import NewMessage, Status
from domain.model_context import ContextBudget, ModelContext
from domain.principal import Principal
from domain.roles import Role
from tests.support.arbitrary_histories import histories
from tests.support.expected_context import Chat, Unit, tokens_of, units_of
from tests.support.fakes.application import FakeWorld
from tests.support.histories import assistant, user
from tests.support.strict_provider import refusal

ANN = Principal.agent(on_behalf_of="ann")
SEEDED = settings(
    max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
BUDGETS = st.builds(ContextBudget, max_messages=st.integers(1, 40), max_tokens=st.just(1_000_000)) | st.builds(
    ContextBudget, max_messages=st.integers(1, 100), max_tokens=st.integers(1, 1500)
)


async def read(history: Sequence[NewMessage], *budgets: ContextBudget) -> list[ModelContext]:
    """The contexts of a conversation with this history."""
    world = FakeWorld()
    created = await world.application.create_conversation(ANN)
    if history:
        await world.conversations.append(
            OwnerId("ann"), created.conversation.id, decide_append(history, frozenset()), None
        )
    return [await world.application.read_context(ANN, created.conversation.id, budget) for budget in budgets]


def settled(history: Sequence[NewMessage]) -> Sequence[NewMessage]:
    """The history without what is in progress at its end."""
    running = list(takewhile(lambda message: message.status is Status.IN_PROGRESS, reversed(history)))
    return history[: len(history) - len(running)]


def pinned(history: Sequence[NewMessage]) -> int:
    """How many first messages are instructions."""
    instruct = (Role.SYSTEM, Role.DEVELOPER)
    return len(list(takewhile(lambda message: message.role in instruct, history[:MAX_INSTRUCTIONS])))


def chats(units: Sequence[Unit]) -> list[Chat]:
    return [chat for unit in units for chat in unit.chats]


def fits(units: Sequence[Unit], beside: Sequence[Unit], budget: ContextBudget, share: float = 1) -> bool:
    used, taken = chats(beside), chats(units)
    return len(taken) <= share * (budget.max_messages - len(used)) and tokens_of(taken) <= share * (
        budget.max_tokens - tokens_of(used)
    )


@given(history=histories(), budget=BUDGETS)
@SEEDED
def test_a_context_is_the_newest_that_fits_and_a_strict_provider_accepts_it(
    history: list[NewMessage], budget: ContextBudget
) -> None:
    units = units_of(settled(history))
    first = [unit for unit in units if unit.seq <= pinned(history)]
    rest = [unit for unit in units if unit.seq > pinned(history)]
    if not fits(rest[-1:], first, budget):
        with pytest.raises(BudgetTooSmallError):
            asyncio.run(read(history, budget))
        return

    (context,) = asyncio.run(read(history, budget))

    found = [message.to_chat() for message in context.messages]
    assert refusal(found) is None
    assert len(found) <= budget.max_messages
    assert tokens_of(found) <= budget.max_tokens
    ends = {len(rest) - begin: chats([*first, *rest[begin:]]) for begin in range(len(rest) + 1)}
    assert found in ends.values()
    taken = next(count for count, expected in ends.items() if expected == found)
    assert taken >= max(count for count in ends if fits(rest[len(rest) - count :], first, budget, 0.75))
    assert taken == len(rest) or not fits(rest, first, budget)
    assert context.last_seq == len(settled(history))
    assert context.omitted == context.last_seq - sum(unit.stored for unit in [*first, *rest[len(rest) - taken :]])


@given(history=histories(), budget=BUDGETS, said=st.text("xy", min_size=1))
@SEEDED
def test_the_same_seq_and_budget_give_the_same_context_while_a_reply_runs_too(
    history: list[NewMessage], budget: ContextBudget, said: str
) -> None:
    running = [*history, assistant(said, status=Status.IN_PROGRESS)]

    try:
        first, second = asyncio.run(read(history, budget, budget))
        (third,) = asyncio.run(read(running, budget))
    except BudgetTooSmallError:
        return

    assert first == second == third


@given(sizes=st.lists(st.integers(1, 60), min_size=100, max_size=140), by_tokens=st.booleans())
@settings(SEEDED, max_examples=20)
def test_the_beginning_of_a_context_stays_for_many_messages(sizes: list[int], *, by_tokens: bool) -> None:
    history = [(assistant if n % 2 else user)(f"{n} {'x' * size}") for n, size in enumerate(sizes)][:100]
    budget = ContextBudget(max_tokens=1_200) if by_tokens else ContextBudget(max_messages=32)
    contexts = [asyncio.run(read(history[:count], budget))[0].messages for count in range(1, len(history) + 1)]

    moves = [1 for earlier, later in pairwise(contexts) if later[: len(earlier)] != earlier]

    assert len(contexts[-1]) < len(history)
    assert len(moves) <= len(history) / 4


CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "a"}, {"id": "b"}]}
A, B = ({"role": "tool", "tool_call_id": one, "content": ""} for one in "ab")
SAID = {"role": "user", "content": "x"}


@pytest.mark.parametrize(
    "messages",
    [
        [A],
        [CALL, A],
        [CALL, A, SAID, B],
        [CALL, A, A, B],
        [CALL, A, B, B],
        [SAID, CALL, SAID],
        [{**CALL, "tool_calls": [{"id": "a"}, {"id": "a"}]}, A, A],
        [{**CALL, "tool_calls": []}],
        [{**SAID, "seq": 1}],
        [{"role": "assistant", "content": " "}],
        [{"role": "assistant", "content": [{"type": "text", "text": ""}]}],
    ],
)
def test_the_provider_refuses_what_a_strict_one_does(messages: list[Chat]) -> None:
    assert refusal(messages)
    assert refusal([SAID, CALL, B, A, SAID]) is None
