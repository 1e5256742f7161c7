"""Titles."""

from typing import Any

import pytest

from domain.errors import RuleViolationError
from domain.message import NewMessage
from domain.roles import Role
from domain.title import check_title, suggest_title


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("Plan a trip", "Plan a trip"),
        ("  Plan\n\n a\ttrip ", "Plan a trip"),
        ("word " * 30, "word word word word word word word word word word word word…"),
        ("x" * 61, "x" * 60 + "…"),
        ("x" * 60, "x" * 60),
        ("a\0b", "a b"),
        ([{"type": "text", "text": "What is"}, {"type": "text", "text": "this?"}], "What is this?"),
    ],
)
def test_the_opening_words_are_the_title(content: Any, title: str) -> None:
    assert suggest_title([NewMessage(role=Role.USER, content=content)]) == title


def test_only_a_user_message_with_text_gives_a_title() -> None:
    image = [{"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}]
    messages = [
        NewMessage(role=Role.SYSTEM, content="be kind"),
        NewMessage(role=Role.USER, content=image),
        NewMessage(role=Role.USER, content="first words"),
    ]

    assert suggest_title(messages[:2]) is None
    assert suggest_title(messages) == "first words"


@pytest.mark.parametrize("title", ["", "  ", "x" * 201, "a\0b", "\ud800"])
def test_a_title_must_say_something_short(title: str) -> None:
    with pytest.raises(RuleViolationError):
        check_title(title)


def test_a_title_of_200_characters_fits() -> None:
    check_title("é" * 200)
