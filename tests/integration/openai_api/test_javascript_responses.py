"""OpenAI's own client in JavaScript asks for responses: plain, streamed as they are made, in the background."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.openai_js_client import follow_responses
from tests.support.word_responder import WordResponder

DELTA = "response.output_text.delta"
BEGIN = ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"]
END = [
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
]
PAUSES = {"one ": "one pause two", "three ": "three pause four", "five ": "five pause six"}
"""The reply that goes on when these words of it have come."""


@pytest.mark.timeout(360)  # npm may have to fetch the client
def test_a_program_in_javascript_asks_for_responses(
    service: str, new_token: Callable[[], str], words: WordResponder
) -> None:
    got: dict[str, list[Any]] = defaultdict(list)
    waiting = set(PAUSES)
    for name, one in follow_responses(f"{service}/v1", new_token()):
        got[name].append(one)
        if name != "created" and isinstance(one, dict) and one.get("type") == DELTA and one["delta"] in waiting:
            waiting.remove(one["delta"])
            words.release(PAUSES[one["delta"]])

    (created,), (retrieved,) = got["created"], got["retrieved"]
    assert (created["output_text"], created["instructions"]) == ("(Be brief.) one ", "Be brief.")
    assert retrieved == {**created, "instructions": None}
    assert created["metadata"] == {"topic": "Rome"}
    for stream in ("streamed", "helped"):
        assert [one["type"] for one in got[stream]] == [*BEGIN, DELTA, DELTA, *END]
        assert [one["sequence_number"] for one in got[stream]] == list(range(10))
    assert got["streamed"][-1]["response"]["previous_response_id"] == created["id"]
    assert got["final"] == ["three four "]
    (begun,), (running,), (cancelled,) = got["begun"], got["running"], got["cancelled"]
    assert (begun["status"], begun["background"], running) == ("in_progress", True, begun)
    assert [one["sequence_number"] for one in got["followed"]] == list(range(4, 10))
    assert got["followed"][-1]["response"]["output"][0]["content"][0]["text"] == "five six "
    assert [one["sequence_number"] for one in got["resumed"]] == list(range(5, 10))
    assert cancelled["status"] == "cancelled"
    assert [one["content"][0]["text"] for one in got["input"]] == ["five pause six"]
    assert got["error"] == ["NotFoundError"]
