"""The echo, at once and word by word."""

import pytest

from adapters.echo.responder import EchoResponder
from domain.identifiers import OwnerId
from domain.ports.responder import Turn
from domain.reply_events import TextDelta
from tests.support.histories import kept, user


async def pieces_of(text: str, delay: float) -> list[str]:
    turn = Turn(owner_id=OwnerId("ann"), text=text, message=kept(user(text))[0])
    events = [event async for event in EchoResponder(delay).reply(turn)]
    return [event.text for event in events if isinstance(event, TextDelta)]


async def test_without_a_delay_the_words_come_at_once() -> None:
    assert await pieces_of("one two", 0) == ["Echo: ", "one two"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one two  three", ["one ", "two  ", "three"]),
        (" \n one\u2003two ", [" \n ", "one\u2003", "two "]),
        ("one", ["one"]),
        ("\u0000 \u2028 😀", ["\u0000 \u2028 ", "😀"]),
    ],
)
async def test_with_a_delay_they_come_one_by_one_and_none_is_changed(text: str, words: list[str]) -> None:
    pieces = await pieces_of(text, 1e-6)

    assert pieces == ["Echo: ", *words]
    assert "".join(pieces) == f"Echo: {text}"
