"""Titles: given by a person, or else made of the first user message's opening words."""

from collections.abc import Iterable
from typing import Final

from domain.errors import RuleViolationError
from domain.message import Message, NewMessage
from domain.roles import Role

MAX_LENGTH: Final = 200
_OPENING: Final = 60
_READ_AT_MOST: Final = 1000


def check_title(title: str) -> None:
    """Raise RuleViolationError unless this is Unicode text of 1 to 200 characters, not blank and without NUL."""
    if not title.strip() or len(title) > MAX_LENGTH:
        raise RuleViolationError("title", f"must be 1 to {MAX_LENGTH} characters and not blank")
    if "\0" in title or not _is_unicode(title):
        raise RuleViolationError("title", "must be Unicode text without the character U+0000")


def suggest_title(messages: Iterable[NewMessage | Message]) -> str | None:
    """The opening words of the first user message that has text, on one line, at most 60 characters and an ellipsis."""
    for message in messages:
        if message.role is Role.USER:
            words = message.text[:_READ_AT_MOST].replace("\0", " ").split()
            if words:
                return _shorten(" ".join(words))
    return None


def _shorten(line: str) -> str:
    if len(line) <= _OPENING:
        return line
    whole_words = line[: _OPENING + 1].rpartition(" ")[0]
    return (whole_words or line[:_OPENING]) + "…"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
