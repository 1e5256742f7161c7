"""What goes to a model together."""

import pytest

from domain.exchanges import INTERRUPTED, UNANSWERED, exchanges_of
from domain.message import NewMessage, Status
from domain.roles import Role
from tests.support.histories import assistant, calls, kept, result, system, user


def shown(*messages: NewMessage, first: int = 1) -> list[tuple[str, object]]:
    """What a model gets of each message, in a word: its role, and its text or the call that it answers."""
    return [
        (one.role.value, one.tool_call_id or (one.content and one.content.value))
        for exchange in exchanges_of(kept(*messages, first=first))
        for one in exchange.messages
    ]


def closings(*messages: NewMessage) -> list[tuple[str | None, object]]:
    """The results that nobody stored."""
    stored = [one.chat for one in kept(*messages)]
    found = [one for exchange in exchanges_of(kept(*messages)) for one in exchange.messages if one not in stored]
    return [(one.tool_call_id, one.content and one.content.value) for one in found if one.role is Role.TOOL]


def test_messages_without_calls_stand_alone() -> None:
    exchanges = exchanges_of(kept(system(), user("a"), assistant("b"), first=7))

    assert [(one.seq, one.stored, one.is_turn) for one in exchanges] == [(7, 1, False), (8, 1, True), (9, 1, False)]
    assert [len(one.messages) for one in exchanges] == [1, 1, 1]


def test_results_stand_right_after_their_calls_in_the_order_in_which_they_came() -> None:
    history = [user("a"), calls("x", "y"), result("y"), system("s"), assistant("wait"), result("x"), assistant("b")]

    assert shown(*history) == [
        ("user", "a"),
        ("assistant", None),
        ("tool", "y"),
        ("tool", "x"),
        ("system", "s"),
        ("assistant", "wait"),
        ("assistant", "b"),
    ]
    assert [one.stored for one in exchanges_of(kept(*history))] == [1, 3, 1, 1, 1]


def test_two_messages_with_open_calls_get_each_their_own_results() -> None:
    assert shown(calls("x"), calls("y"), result("y"), result("x")) == [
        ("assistant", None),
        ("tool", "x"),
        ("assistant", None),
        ("tool", "y"),
    ]


def test_a_call_id_that_is_used_again_belongs_to_the_later_call() -> None:
    history = [calls("x"), result("x", "first"), calls("x"), user(), calls("x"), result("x", "third")]

    texts = [
        [one.content and one.content.value for one in exchange.messages] for exchange in exchanges_of(kept(*history))
    ]

    assert texts == [[None, "first"], [None, INTERRUPTED], ["hello"], [None, "third"]]


def test_a_call_that_a_users_turn_interrupted_is_closed_by_a_result_that_says_so() -> None:
    history = [calls("x", "y", "z"), result("y"), user("never mind"), assistant("ok")]

    assert closings(*history) == [("x", INTERRUPTED), ("z", INTERRUPTED)]
    assert shown(*history)[:4] == [("assistant", None), ("tool", "y"), ("tool", "x"), ("tool", "z")]


def test_a_call_that_may_still_be_answered_is_closed_by_a_result_that_says_so() -> None:
    assert closings(user(), calls("x", "y"), result("x"), assistant("one moment")) == [("y", UNANSWERED)]


def test_a_closing_is_not_stored() -> None:
    (exchange,) = exchanges_of(kept(calls("x", "y")))

    assert (exchange.stored, len(exchange.messages)) == (1, 3)


def test_a_result_whose_call_is_not_among_the_messages_is_left_out() -> None:
    assert shown(result("x"), assistant("b"), first=5) == [("assistant", "b")]


def test_a_reply_that_runs_is_left_out_with_the_results_of_its_calls() -> None:
    running = Status.IN_PROGRESS

    assert shown(user("a"), assistant("hal", status=running)) == [("user", "a")]
    assert shown(user("a"), calls("x", status=running), result("x"), user("b")) == [("user", "a"), ("user", "b")]


def test_a_result_that_is_in_progress_is_none_yet() -> None:
    history = [calls("x"), result("x", status=Status.IN_PROGRESS)]

    assert closings(*history) == [("x", UNANSWERED)]
    assert [one.stored for one in exchanges_of(kept(*history))] == [1]


def test_a_turn_that_is_in_progress_interrupts_though_it_is_left_out() -> None:
    assert closings(calls("x"), user(status=Status.IN_PROGRESS)) == [("x", INTERRUPTED)]


@pytest.mark.parametrize("status", [Status.INCOMPLETE, Status.FAILED])
def test_a_reply_that_was_cut_off_is_what_was_said(status: Status) -> None:
    assert shown(assistant("hal", status=status), calls("x", status=status)) == [
        ("assistant", "hal"),
        ("assistant", None),
        ("tool", "x"),
    ]


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_reply_that_says_nothing_is_left_out(text: str) -> None:
    assert shown(user("a"), assistant(text, status=Status.FAILED), assistant(text)) == [("user", "a")]
    assert shown(assistant(text, "x"), result("x", text)) == [("assistant", text), ("tool", "x")]


def test_a_refusal_says_something() -> None:
    refusal = NewMessage(role=Role.ASSISTANT, content=[{"type": "refusal", "refusal": "no"}])

    assert len(exchanges_of(kept(refusal))) == 1
