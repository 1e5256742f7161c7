"""Which calls are open follows from the messages, also where some were removed."""

import pytest

from domain.call_state import CallState
from domain.errors import RuleViolationError
from domain.message import NewMessage
from tests.support.histories import assistant, calls, result, user


def after(*messages: NewMessage | None) -> CallState:
    """The state after these messages; None is one that was removed."""
    state = CallState()
    for message in messages:
        state = state.after_removed() if message is None else state.after(message)
    return state


@pytest.mark.parametrize(
    ("messages", "is_open", "doubtful"),
    [
        ([calls("a", "b"), assistant(), result("a")], {"b"}, set()),
        ([calls("a"), user()], set(), set()),
        ([calls("a", "b"), None], set(), {"a", "b"}),
        ([calls("a", "b"), None, calls("c"), assistant(), result("a")], {"c"}, {"b"}),
        ([calls("a"), None, calls("a")], {"a"}, set()),
        ([calls("a"), None, calls("a"), result("a")], set(), set()),
        ([calls("a"), None, calls("b"), None], set(), {"a", "b"}),
        ([calls("a"), None, user()], set(), set()),
    ],
)
def test_a_removed_message_may_have_closed_what_was_open(
    messages: list[NewMessage | None], is_open: set[str], doubtful: set[str]
) -> None:
    state = after(*messages)

    assert state == CallState(open=frozenset(is_open), doubtful=frozenset(doubtful))
    assert state.possible == is_open | doubtful


@pytest.mark.parametrize(
    "messages",
    [
        [result("a")],
        [calls("a"), calls("a")],
        [calls("a"), None, result("a"), result("a")],
        [calls("a"), user(), result("a")],
    ],
)
def test_what_no_append_allows_is_refused(messages: list[NewMessage | None]) -> None:
    with pytest.raises(RuleViolationError):
        after(*messages)
