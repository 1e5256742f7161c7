"""The published contract: docs/openapi.json is what the code says, and its examples are true."""

import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrypoints.native_api.examples import EXAMPLES, Example
from entrypoints.native_api.openapi import make_document

PUBLISHED = Path(__file__).parents[2] / "docs" / "openapi.json"
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, item in make_document()["paths"].items()
    for method, operation in item.items()
}


def shape_of(value: Any) -> Any:
    """Keys and types, without what differs each time; text that is no id, time or cursor stays."""
    if isinstance(value, dict):
        return {key: shape_of(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [shape_of(item) for item in value]
    if isinstance(value, str) and (value[:4] in {"conv", "msg_"} or value.endswith("Z") or value.startswith("user-")):
        return "…"
    return value


def test_the_published_document_is_what_the_code_says(anonymous: httpx.Client) -> None:
    published = json.loads(PUBLISHED.read_text())

    assert published == make_document(), "run make openapi"
    assert anonymous.get("/openapi.json").json() == published


def test_every_operation_has_an_example() -> None:
    assert OPERATIONS.keys() == EXAMPLES.keys()


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_example_is_true(client: httpx.Client, name: str) -> None:
    method, path, operation = OPERATIONS[name]
    example: Example = EXAMPLES[name]
    path = prepare(client, name, path)

    answer = client.request(method, path, json=example.body) if example.body else client.request(method, path)

    assert str(answer.status_code) in operation["responses"]
    assert answer.is_success
    if answer.status_code == HTTPStatus.NO_CONTENT and name in {"followReply", "stopReply"}:
        return  # the echo has nothing to follow, and nothing to stop
    assert shape_of(documents_in(answer.text)) == shape_of(documents_in(text_of(example.answer)))


def text_of(example: Any) -> str:
    """An example as it is sent: none, NDJSON as it is, or JSON."""
    if example is None:
        return ""
    return example if isinstance(example, str) else json.dumps(example)


def documents_in(text: str) -> list[Any]:
    """The JSON of each line."""
    return [json.loads(line) for line in text.splitlines()]


def prepare(client: httpx.Client, name: str, path: str) -> str:
    """Make what the example speaks of; the path with its ids."""
    if name in {"chat", "createConversation"} or not path.startswith(("/api/conv", "/api/chat")):
        return path
    body = {"title": "Plan a trip to Rome", "metadata": {"topic": "travel"}}
    conversation = client.post("/api/conversations", json=body).json()["id"]
    if name in {"followReply", "stopReply"}:
        return path.format(conversation_id=conversation)
    if name != "appendMessages":
        client.post("/api/chat", json={"message": "Plan a trip to Rome", "conversation_id": conversation})
    return path.format(conversation_id=conversation, message_id=f"msg_{conversation[5:]}00000001")


def test_every_error_that_the_document_names_is_a_problem() -> None:
    for _, _, operation in OPERATIONS.values():
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"]
                assert response["description"]


def test_all_of_the_api_demands_a_session() -> None:
    for _, path, operation in OPERATIONS.values():
        assert ("security" in operation) is path.startswith("/api/")
        assert ("401" in operation["responses"]) is path.startswith("/api/")


def test_all_of_the_api_may_be_called_by_an_agent_with_a_key() -> None:
    schemes = make_document()["components"]["securitySchemes"]

    assert schemes.keys() == {"session", "sessionCookie", "agentKey", "owner"}
    assert [schemes[name]["name"] for name in ("agentKey", "owner")] == ["X-Agent-Key", "X-Owner-Id"]
    for _, path, operation in OPERATIONS.values():
        ways = [{*way} for way in operation.get("security", [])]
        expected = [{"session"}, {"sessionCookie"}, {"agentKey", "session"}, {"agentKey", "owner"}]
        assert ways == (expected if path.startswith("/api/") else [])
