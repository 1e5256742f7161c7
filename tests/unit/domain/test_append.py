"""What an append may write."""

import pytest

from domain.append import decide_append, depends_on_open_calls
from domain.errors import CallNotOpenError, RuleViolationError
from domain.message import NewMessage
from domain.roles import Role

NONE_OPEN: frozenset[str] = frozenset()


def user(text: str = "hello") -> NewMessage:
    return NewMessage(role=Role.USER, content=text)


def assistant(*call_ids: str) -> NewMessage:
    calls = [{"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}} for name in call_ids]
    return NewMessage(role=Role.ASSISTANT, content="let me see", tool_calls=calls)


def tool(call_id: str) -> NewMessage:
    return NewMessage(role=Role.TOOL, tool_call_id=call_id, content="42")


def test_a_users_turn_needs_no_state_and_ends_open_calls() -> None:
    decision = decide_append([user()], None)

    assert not depends_on_open_calls([user(), assistant("a")])
    assert decision.decided_on is None
    assert decision.leaves == NONE_OPEN


def test_plain_messages_need_no_state_and_leave_it() -> None:
    decision = decide_append([assistant()], None)

    assert not depends_on_open_calls([assistant()])
    assert decision.leaves is None


def test_calls_and_results_depend_on_the_open_calls() -> None:
    assert depends_on_open_calls([assistant("a")])
    assert depends_on_open_calls([assistant(), tool("a")])


def test_calls_are_opened_and_answered() -> None:
    opened = decide_append([assistant("a", "b")], NONE_OPEN)
    answered = decide_append([tool("b")], opened.leaves)

    assert opened.leaves == frozenset({"a", "b"})
    assert answered.decided_on == frozenset({"a", "b"})
    assert answered.leaves == frozenset({"a"})


def test_a_whole_exchange_fits_in_one_batch() -> None:
    decision = decide_append([user(), assistant("a"), tool("a"), assistant()], None)

    assert decision.leaves == NONE_OPEN


@pytest.mark.parametrize(
    ("messages", "open_calls", "field"),
    [
        ([assistant("a")], frozenset({"a"}), "messages[0].tool_calls"),
        ([user(), assistant("a"), assistant("a")], None, "messages[2].tool_calls"),
        ([assistant("a")], frozenset(f"o{n}" for n in range(256)), "messages[0].tool_calls"),
        ([], NONE_OPEN, "messages"),
        ([user()] * 101, NONE_OPEN, "messages"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_named(
    messages: list[NewMessage], open_calls: frozenset[str] | None, field: str
) -> None:
    with pytest.raises(RuleViolationError) as raised:
        decide_append(messages, open_calls)

    assert raised.value.field == field


@pytest.mark.parametrize(
    ("messages", "open_calls", "field"),
    [
        ([tool("a")], NONE_OPEN, "messages[0].tool_call_id"),
        ([tool("a")], frozenset({"b"}), "messages[0].tool_call_id"),
        ([assistant("a"), tool("a"), tool("a")], NONE_OPEN, "messages[2].tool_call_id"),
        ([assistant("a"), user(), tool("a")], NONE_OPEN, "messages[2].tool_call_id"),
        ([user(), tool("a")], None, "messages[1].tool_call_id"),
    ],
)
def test_a_result_that_answers_no_open_call_is_refused_by_an_error_of_its_own(
    messages: list[NewMessage], open_calls: frozenset[str] | None, field: str
) -> None:
    with pytest.raises(CallNotOpenError) as raised:
        decide_append(messages, open_calls)

    assert raised.value.field == field


def test_a_call_id_may_be_used_again_once_it_is_answered() -> None:
    decision = decide_append([assistant("a"), tool("a"), assistant("a")], NONE_OPEN)

    assert decision.leaves == frozenset({"a"})


def test_256_calls_may_be_open() -> None:
    decision = decide_append([assistant("a")], frozenset(f"o{n}" for n in range(255)))

    assert decision.leaves is not None
    assert len(decision.leaves) == 256


def test_a_hundred_messages_fit() -> None:
    assert len(decide_append([user()] * 100, None).messages) == 100
