"""Pages, and the windows that ask for them."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.conversation import Conversation
from domain.errors import RuleViolationError
from domain.identifiers import (
    ConversationId,
)
from domain.json_text import EMPTY_OBJECT
from domain.message import Message, NewMessage
from domain.pages import ConversationWindow, MessagePage, MessageWindow
from domain.roles import Role

ID = ConversationId(UUID(int=0xABC))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"before": 1, "after": 1}, "after"),
        ({"after": 1, "around": 1}, "around"),
        ({"before": -1}, "before"),
        ({"around": 2**32}, "around"),
    ],
)
def test_a_window_out_of_bounds_is_refused(window: dict[str, int], field: str) -> None:
    with pytest.raises(RuleViolationError) as raised:
        MessageWindow(**window)

    assert raised.value.field == field


def test_a_list_shows_1_to_100_conversations() -> None:
    assert ConversationWindow(limit=100).limit == 100
    for limit in (0, 101):
        with pytest.raises(RuleViolationError):
            ConversationWindow(limit=limit)


@pytest.mark.parametrize(
    ("seqs", "lowest", "highest", "before", "after"),
    [
        ([8, 9, 10], 7, None, True, False),
        ([2, 5, 6], 2, 9, False, True),
        ([5, 6], 4, 7, True, True),
        ([5, 6], 5, 6, False, False),
        ([], None, 1, False, True),
        ([], 10, None, True, False),
        ([], None, None, False, False),
    ],
)
def test_a_page_knows_what_lies_on_either_side(
    seqs: list[int], lowest: int | None, highest: int | None, *, before: bool, after: bool
) -> None:
    conversation = Conversation(ID, None, False, EMPTY_OBJECT, 10, None, NOW, NOW)  # noqa: FBT003 - as rows give it
    messages = [Message.of(NewMessage(role=Role.USER, content="x"), ID, seq, NOW) for seq in seqs]

    page = MessagePage.of(conversation, messages, lowest=lowest, highest=highest)

    assert (page.has_more_before, page.has_more_after) == (before, after)
