"""A message that was accepted reads back equal, code point for code point; a refused one leaves nothing behind."""

from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings

from tests.security.chat import Chat, exact
from tests.security.odd_text import METADATA, PARTS, SEEDED, TEXTS, has_nul

NEARLY_A_MIB = 1024 * 1024 - 200
"""Bytes for a text in the largest body."""


@given(text=TEXTS)
@example(text="a\0b")
@example(text="\0" * 1000)
@example(text="\\u0000 and \\ud800")
@example(text="e\u0301 is not \u00e9, \ufb01 not fi, \u212b not \u00c5")
@example(text="\u202egnp.exe")
@example(text=" \t\r\n x \r\n\r ")
@example(text="\ufeffx\ufeff")
@example(text="x" * 200_000)
@example(text="\U0001f468\u200d\U0001f469\u200d\U0001f467" * 10_000)
@example(text="a" + "\u0301" * 50_000)
@SEEDED
def test_text_is_kept_to_the_code_point_unless_it_is_blank(chat: Chat, text: str) -> None:
    taken = chat.holds({"role": "user", "content": text})

    assert taken == bool(text.strip())


@given(text=TEXTS)
@example(text="a\r\nb\r")
@SEEDED
def test_a_turn_and_its_reply_are_kept_to_the_code_point(client: httpx.Client, text: str) -> None:
    answer = client.post("/api/chat", json={"message": text})

    if text.strip():
        turn = answer.json()
        kept = client.get(f"/api/conversations/{turn['conversation_id']}").json()["messages"]
        assert [one["content"] for one in kept] == [text, f"Echo: {text}"]
        assert [turn["user_message"], turn["assistant_message"]] == kept
    else:
        assert answer.status_code == 422


@given(text=TEXTS.filter(str.strip), metadata=METADATA.filter(lambda metadata: not has_nul(metadata)))
@example(text="x" * (NEARLY_A_MIB - 1), metadata={})
@example(text="\U0010ffff" * (NEARLY_A_MIB // 4), metadata={})
@example(text="\u202e\u05d0\u2066" * (NEARLY_A_MIB // 8), metadata={})
@example(text="a" + "\0" * (NEARLY_A_MIB // 6 - 1), metadata={})
@settings(SEEDED, max_examples=40)
def test_every_way_to_write_keeps_the_same(client: httpx.Client, text: str, metadata: dict[str, Any]) -> None:
    message = {"role": "user", "content": text, "metadata": metadata}
    path = client.post("/api/conversations", json={"messages": [message]}).raise_for_status().headers["Location"]
    conversation = path.removeprefix("/api/conversations/")

    appended = client.post(f"{path}/messages", json={"messages": [message]}).raise_for_status().json()["data"]
    turn = {"conversation_id": conversation, "message": text, "metadata": metadata}
    said = client.post("/api/chat", json=turn).raise_for_status().json()["user_message"]

    kept = client.get(f"{path}/messages").json()["data"]
    assert kept[1:3] == [*appended, said]
    assert [exact((one["content"], one["metadata"])) for one in kept[:3]] == [exact((text, metadata))] * 3
    assert kept[3]["content"] == f"Echo: {text}"


@pytest.mark.parametrize(
    ("spelt", "text"),
    [
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\udbff\udfff", "\U0010ffff"),
        (r"a\u0000b", "a\0b"),
        (r"\u202eabc", "\u202eabc"),
        (r"\\ud800", r"\ud800"),
        (r"\/\b\f\n\r\t\"\\x", '/\b\f\n\r\t"\\x'),
        ("\x7f\u2028\ufffe", "\x7f\u2028\ufffe"),
    ],
)
def test_however_it_is_spelt_in_json_a_text_is_itself(client: httpx.Client, spelt: str, text: str) -> None:
    body = f'{{"message":"{spelt}"}}'.encode()

    turn = client.post("/api/chat", content=body, headers={"Content-Type": "application/json"}).json()

    kept = client.get(f"/api/conversations/{turn['conversation_id']}").json()["messages"]
    assert [one["content"] for one in kept] == [text, f"Echo: {text}"]


@given(content=PARTS)
@example(content=[{"type": "text", "text": "a\0", "x": {"\0": [None, 0.0]}}])
@SEEDED
def test_parts_are_kept_to_the_code_point(chat: Chat, content: list[dict[str, Any]]) -> None:
    taken = chat.holds({"role": "user", "content": content})

    assert taken == any(part["type"] != "text" or part["text"].strip() for part in content)


@given(metadata=METADATA)
@example(metadata={"a": ["\0"]})
@SEEDED
def test_metadata_is_kept_to_the_code_point_unless_it_has_a_nul(chat: Chat, metadata: dict[str, Any]) -> None:
    taken = chat.holds({"role": "user", "content": "x", "metadata": metadata})

    assert taken == (not has_nul(metadata))
