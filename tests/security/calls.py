"""Everything that takes the id of a conversation, and whole answers to compare."""

import secrets
from typing import Any

import httpx

HELLO = {"role": "user", "content": "hello"}


def missing_id() -> str:
    return f"conv_{secrets.token_hex(16)}"


def message_id(conversation_id: str, seq: int) -> str:
    return f"msg_{conversation_id.removeprefix('conv_')}{seq:08x}"


def seen(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """The whole answer, but for what differs between any two."""
    headers = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in _VARYING]
    return answer.status_code, headers, answer.content


_VARYING = {b"date", b"x-request-id"}

CALLS: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("PATCH", "", {"title": "t"}),
    ("PATCH", "", {"metadata": {"a": 1}, "archived": True}),
    ("PATCH", "", {}),
    ("DELETE", "", None),
    ("GET", "/messages", None),
    ("GET", "/messages?before=2", None),
    ("GET", "/messages?after=0&limit=200", None),
    ("GET", "/messages?around=1", None),
    ("GET", "/messages/{message}", None),
    ("GET", "/context", None),
    ("GET", "/context?max_messages=1&max_tokens=1", None),
    ("POST", "/messages", {"messages": [HELLO]}),
    ("POST", "/stop", None),
    ("CHAT", "", {"message": "hello"}),
    ("CHAT", "", {"message": "hello", "stream": True}),
    ("STREAM", "", None),
    ("DELETE", "/messages/{message}", None),
]
"""Everything that takes the id of a conversation: method, what follows the id, body."""


def call(
    client: httpx.Client, conversation_id: str, kind: tuple[str, str, Any], headers: dict[str, str] | None = None
) -> httpx.Response:
    method, rest, body = kind
    content = None if body is None else {"json": body}
    if method == "CHAT":
        return client.post("/api/chat", json={**body, "conversation_id": conversation_id}, headers=headers)
    if method == "STREAM":
        return client.get(f"/api/chat/{conversation_id}/stream", headers=headers)
    path = f"/api/conversations/{conversation_id}{rest.format(message=message_id(conversation_id, 1))}"
    return client.request(method, path, headers=headers, **(content or {}))
