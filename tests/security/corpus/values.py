# ruff: noqa: E501 - an input is a line
"""Values in bodies: of every kind at every field, unknown keys, texts of all sorts."""

import json
from collections.abc import Iterator
from typing import Any

from tests.security.corpus.inputs import CANARY, CHAT, CONVERSATION, HELLO, LIST, MESSAGES, ONE, Row, send

_WRONG: dict[str, Any] = {
    "null": None, "true": True, "a number": 1, "a fraction": 1.5, "a text": CANARY, "an empty text": "", "a list": [],
    "an object": {}, "a list of nulls": [None], "a list of lists": [[]], "a list of numbers": [1], "a list of texts": [CANARY],
}  # fmt: skip
_FIELDS: dict[str, tuple[str, str, Any, set[str]]] = {
    "message": ("POST", CHAT, lambda wrong: {"message": wrong}, {"a text"}),
    "conversation_id": ("POST", CHAT, lambda wrong: {"message": "x", "conversation_id": wrong}, {"null"}),
    "metadata of a turn": ("POST", CHAT, lambda wrong: {"message": "x", "metadata": wrong}, {"null", "an object"}),
    "title": ("POST", LIST, lambda wrong: {"title": wrong}, {"null", "a text"}),
    "metadata": ("POST", LIST, lambda wrong: {"metadata": wrong}, {"null", "an object"}),
    "messages": ("POST", LIST, lambda wrong: {"messages": wrong}, {"a list"}),
    "messages to append": ("POST", MESSAGES, lambda wrong: {"messages": wrong}, set()),
    "a message": ("POST", MESSAGES, lambda wrong: {"messages": [wrong]}, set()),
    "role": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "role": wrong}]}, set()),
    "content": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "content": wrong}]}, {"a text"}),
    "a part": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "content": [wrong]}]}, set()),
    "a part's type": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "content": [{"type": wrong}]}]},
                      {"a text", "an empty text"}),
    "a part's text": ("POST", MESSAGES,
                      lambda wrong: {"messages": [{**HELLO, "content": [{"type": "text", "text": wrong}]}]}, {"a text"}),
    "an image": ("POST", MESSAGES,
                 lambda wrong: {"messages": [{**HELLO, "content": [{"type": "image_url", "image_url": wrong}]}]}, set()),
    "an image's detail": ("POST", MESSAGES, lambda wrong: {"messages": [
        {**HELLO, "content": [{"type": "image_url", "image_url": {"url": "x", "detail": wrong}}]}]}, set()),
    "an audio's format": ("POST", MESSAGES, lambda wrong: {"messages": [
        {**HELLO, "content": [{"type": "input_audio", "input_audio": {"data": "x", "format": wrong}}]}]}, set()),
    "a file": ("POST", MESSAGES,
               lambda wrong: {"messages": [{**HELLO, "content": [{"type": "file", "file": wrong}]}]}, set()),
    "name": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "name": wrong}]}, {"null", "a text"}),
    "tool_calls": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "tool_calls": wrong}]}, {"null", "a list"}),
    "tool_call_id": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "tool_call_id": wrong}]}, {"null"}),
    "metadata of a message": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "metadata": wrong}]},
                              {"null", "an object"}),
    "a new title": ("PATCH", ONE, lambda wrong: {"title": wrong}, {"null", "a text"}),
    "new metadata": ("PATCH", ONE, lambda wrong: {"metadata": wrong}, {"null", "an object"}),
    "archived": ("PATCH", ONE, lambda wrong: {"archived": wrong}, {"null", "true"}),
}  # fmt: skip


def wrong_types() -> Iterator[Row]:
    """Every kind of value at every field; one that may stand there is taken."""
    for field, (method, path, make, fits) in _FIELDS.items():
        for kind, value in _WRONG.items():
            if (field, kind) in _LEFT_OUT:
                continue
            refused = 404 if (field, kind) in _NAMES_NOTHING else 422
            taken = 200 if method == "PATCH" or path == CHAT else 201
            body = json.dumps(make(value)).encode()
            yield taken if kind in fits else refused, f"{kind} as {field}", send(path, body, method=method)


_LEFT_OUT = {("role", "a text")}
_NAMES_NOTHING = {("conversation_id", "a text"), ("conversation_id", "an empty text")}

UNKNOWN_KEYS: list[Row] = [
    (422, f"an unknown key in {name}", send(path, json.dumps(body).encode(), method=method))
    for name, method, path, body in (
        ("a turn", "POST", CHAT, {"message": "x", "Message": "y"}),
        ("a conversation", "POST", LIST, {"owner_id": "bob"}),
        ("a conversation's message", "POST", LIST, {"messages": [{**HELLO, "id": "x"}]}),
        ("an append", "POST", MESSAGES, {"messages": [HELLO], "seq": 7}),
        ("a message", "POST", MESSAGES, {"messages": [HELLO, {**HELLO, "status": "failed"}]}),
        ("a patch", "PATCH", ONE, {"last_seq": 1}),
        ("a turn, with a canary", "POST", CHAT, {"message": "x", CANARY: 1}),
    )
]

_NUL = "a\0b"
TEXTS: list[Row] = [
    (status, name, send(path, json.dumps(body).encode(), method=method))
    for status, name, method, path, body in (
        (200, "NUL in a turn", "POST", CHAT, {"message": _NUL}),
        (404, "NUL in a conversation_id", "POST", CHAT, {"message": "x", "conversation_id": f"{CONVERSATION}\0"}),
        (422, "NUL in a turn's metadata", "POST", CHAT, {"message": "x", "metadata": {"k": _NUL}}),
        (422, "NUL in a key of a turn's metadata", "POST", CHAT, {"message": "x", "metadata": {_NUL: 1}}),
        (422, "NUL deep in metadata", "POST", CHAT, {"message": "x", "metadata": {"a": [{"b": [_NUL]}]}}),
        (422, "NUL in an unknown key", "POST", CHAT, {"message": "x", _NUL: 1}),
        (422, "NUL in a title", "POST", LIST, {"title": _NUL}),
        (422, "NUL in a conversation's metadata", "POST", LIST, {"metadata": {_NUL: _NUL}}),
        (201, "NUL in a first message", "POST", LIST, {"messages": [{**HELLO, "content": _NUL}]}),
        (201, "NUL in content", "POST", MESSAGES, {"messages": [{**HELLO, "content": _NUL}]}),
        (201, "NUL alone", "POST", MESSAGES, {"messages": [{**HELLO, "content": "\0"}]}),
        (201, "NUL in a part", "POST", MESSAGES, {"messages": [{**HELLO, "content": [{"type": "text", "text": _NUL}]}]}),
        (201, "NUL in an unknown part", "POST", MESSAGES, {"messages": [{**HELLO, "content": [{"type": _NUL, _NUL: _NUL}]}]}),
        (422, "NUL in a role", "POST", MESSAGES, {"messages": [{**HELLO, "role": "user\0"}]}),
        (422, "NUL in a name", "POST", MESSAGES, {"messages": [{**HELLO, "name": _NUL}]}),
        (422, "NUL in a message's metadata", "POST", MESSAGES, {"messages": [{**HELLO, "metadata": {"k": _NUL}}]}),
        (422, "NUL in a new title", "PATCH", ONE, {"title": _NUL}),
        (422, "NUL in new metadata", "PATCH", ONE, {"metadata": {"k": _NUL}}),
        (200, "NUL deleted from metadata", "PATCH", ONE, {"metadata": {_NUL: None}}),
        (200, "bidi controls in a turn", "POST", CHAT, {"message": "\u202e\u2066a\u2069\u202c"}),
        (201, "bidi controls in a title", "POST", LIST, {"title": "\u202egnp.exe"}),
        (422, "bidi controls in a name", "POST", MESSAGES, {"messages": [{**HELLO, "name": "\u202ebob"}]}),
        (200, "astral in a turn", "POST", CHAT, {"message": "\U0001f600" * 1000}),
        (200, "noncharacters", "POST", CHAT, {"message": "\ufffe\uffff\U0010ffff"}),
        (200, "combining marks without end", "POST", CHAT, {"message": "a" + "\u0301" * 10_000}),
        (422, "blank by other spaces", "POST", CHAT, {"message": "\u2003\u00a0\u2028\u3000"}),
        (201, "a title of 200 astral", "POST", LIST, {"title": "\U0001f600" * 200}),
        (422, "a title of 201 astral", "POST", LIST, {"title": "\U0001f600" * 201}),
        (422, "a name of 129 letters", "POST", MESSAGES, {"messages": [{**HELLO, "name": "a" * 129}]}),
        (201, "SQL in a title", "POST", LIST, {"title": "'; DROP TABLE messages; -- $1 %s {x}"}),
        (403, "a role of another", "POST", MESSAGES, {"messages": [{"role": "system", "content": CANARY}]}),
        (422, "no messages", "POST", MESSAGES, {"messages": []}),
        (422, "101 messages", "POST", MESSAGES, {"messages": [HELLO] * 101}),
        (422, "101 bad messages", "POST", MESSAGES, {"messages": [{}] * 101}),
        (422, "1,001 parts", "POST", MESSAGES, {"messages": [{**HELLO, "content": [{"type": "text", "text": "a"}] * 1001}]}),
        (422, "metadata of 16 KiB and more", "POST", LIST, {"metadata": {CANARY: "x" * 16_384}}),
        (422, "a long title", "POST", LIST, {"title": CANARY * 10_000}),
        (422, "a long role", "POST", MESSAGES, {"messages": [{**HELLO, "role": "x" * 500_000}]}),
        (404, "a patch of a missing one", "PATCH", f"{LIST}/conv_{'0' * 32}", {"title": CANARY}),
        (404, "an append to a missing one", "POST", f"{LIST}/conv_{'0' * 32}/messages", {"messages": [HELLO]}),
    )
]  # fmt: skip
