"""OpenAI's own client in JavaScript: every call of Conversations and Models, its retries, and Chat Completions."""

from collections.abc import Callable

import openai
import pytest

from tests.support.lossy_proxy import lossy_proxy
from tests.support.node_programs import lines_of
from tests.support.openai_js_client import DIRECTORY, run_program
from tests.support.service import AGENT_KEY
from tests.support.word_responder import WordResponder


@pytest.mark.timeout(360)  # npm may have to fetch the client
def test_a_program_in_javascript_keeps_its_conversations_though_answers_are_lost(
    service: str, new_token: Callable[[], str]
) -> None:
    with lossy_proxy(service) as proxy:
        proxy.losses = 2
        got = run_program(f"{proxy.address}/v1", new_token(), AGENT_KEY)

    made, listed = got["made"], got["listed"]
    assert proxy.losses == 0
    assert len(got["created"]) == 25
    assert listed == got["created"]
    assert [one["type"] for one in listed[:4]] == ["message", "function_call", "function_call_output", "message"]
    assert got["read"] == listed[-1]
    assert got["left"] == made
    assert got["changed"] == {**made, "metadata": {"topic": "rain"}}
    assert got["models"] == ["echo"]
    assert got["deleted"] == {"id": made["id"], "object": "conversation.deleted", "deleted": True}
    assert got["error"]["name"] == "NotFoundError"
    assert (got["error"]["type"], got["error"]["code"]) == ("invalid_request_error", None)
    assert got["error"]["requestID"]


@pytest.mark.timeout(360)
def test_a_program_in_javascript_gets_chat_completions_whole_and_as_they_are_made(
    service: str, new_token: Callable[[], str], words: WordResponder
) -> None:
    token = new_token()
    with openai.OpenAI(base_url=f"{service}/v1", api_key=token) as sdk:
        conversation = sdk.conversations.create().id

    got = lines_of(DIRECTORY / "completions.mjs", f"{service}/v1", token, conversation)

    assert next(got) == {"text": "one two ", "finish": "stop", "usage": None}
    assert next(got) == {"deltas": ["", "first "]}
    words.release("first pause last")
    assert [*got] == [
        {"deltas": ["", "first ", "last ", None]},
        {"text": "one two "},
        {"text": "one two ", "items": ["one two", "one two "]},
        [
            {"name": "BadRequestError", "param": "n", "code": "unsupported_value"},
            {"name": "InternalServerError", "param": None, "code": "responder_failed"},
            {"name": "APIError", "param": None, "code": "responder_failed"},
        ],
    ]
