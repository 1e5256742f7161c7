"""The AI SDK's provider for OpenAI: text, whole and streamed as it is made, by Responses and by Chat Completions."""

from collections.abc import Callable

import pytest

from tests.support.ai_sdk_openai_client import DIRECTORY
from tests.support.node_programs import lines_of
from tests.support.service import AGENT_KEY
from tests.support.word_responder import WordResponder


@pytest.mark.timeout(360)  # npm may have to fetch the client
def test_the_ai_sdk_gets_text_whole_and_as_it_is_made(
    service: str, new_token: Callable[[], str], words: WordResponder
) -> None:
    got = lines_of(DIRECTORY / "answers.mjs", f"{service}/v1", new_token(), AGENT_KEY)

    for provider in ("openai.responses", "openai.chat"):
        assert next(got) == {"text": "one two ", "finishReason": "stop", "tokens": None}
        assert next(got) == {"delta": "first "}
        words.release(f"first pause {provider}")
        assert next(got) == {"deltas": ["first ", f"{provider} "], "finishReason": "stop"}
        assert next(got)["error"]
    assert [*got] == [{"text": "(Be brief.) two "}]
