"""The estimate of tokens, beside what tokenizers count."""

from typing import Any

import pytest

from adapters.estimate.token_counter import EstimatingTokenCounter
from domain.chat_message import ChatMessage
from domain.json_text import JsonText
from domain.roles import Role


def count(content: Any, **more: Any) -> int:
    message = ChatMessage(Role.USER, None if content is None else JsonText.of(content), **more)
    return EstimatingTokenCounter().count(message)


@pytest.mark.parametrize(
    ("text", "tokens"),  # as OpenAI's o200k_base counts
    [
        ("Could you suggest an itinerary for three days, with places to eat near the Colosseum? " * 5, 96),
        ("人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。", 37),
        ("Все люди рождаются свободными и равными в своем достоинстве и правах.", 17),  # noqa: RUF001 - Russian
        ('{"id":1,"name":"user 1","email":"u1@example.com","price":1.37,"tags":["a","b"]}' * 5, 155),
    ],
)
def test_a_text_is_estimated_too_high_rather_than_too_low(text: str, tokens: int) -> None:
    assert tokens <= count(text) <= 4.5 * tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 2), ("a" * 400, 102), ("a " * 200, 102), ("1" * 300, 202), ("д" * 100, 102), ("中" * 100, 152)],
)
def test_letters_digits_and_other_scripts_have_their_figures(text: str, tokens: int) -> None:
    assert count(text) == 4 + tokens  # two of them for the quotes


def test_calls_ids_and_names_take_tokens() -> None:
    assert count(None) == 4
    assert count(None, tool_calls=JsonText('[{"id":"c"}]')) == 4 + 7
    assert count("a", tool_call_id="abcd") == count("a") + 1
    assert count("a", name="abcd") == count("a") + 1


def test_media_have_one_figure_whatever_their_size() -> None:
    image = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{'A' * 100_000}"}}]
    audio = [{"type": "input_audio", "input_audio": {"data": "A" * 100_000, "format": "wav"}}]
    file = [{"type": "file", "file": {"file_id": "f"}}]

    assert count(image) == 4 + 2_500
    assert count(audio) == 4 + 2_500
    assert count(file * 2) == 4 + 2 * 10_000


def test_parts_of_text_and_of_an_unknown_type_are_estimated_by_their_json() -> None:
    assert count([{"type": "text", "text": "a" * 4_000}]) >= 1_000
    assert count([{"type": "odd", "more": {"text": "a" * 4_000}}]) >= 1_000
