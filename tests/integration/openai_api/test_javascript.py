"""OpenAI's own client in JavaScript: every call of Conversations and Models, and its retries."""

from collections.abc import Callable

import pytest

from tests.support.lossy_proxy import lossy_proxy
from tests.support.openai_js_client import run_program
from tests.support.service import AGENT_KEY


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
