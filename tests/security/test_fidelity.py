"""What was accepted reads back equal, code point for code point; what is refused leaves nothing behind."""

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

SEEDED = settings(
    max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

ODD = (
    "\0\x01\x7f\x85\xa0\u00ad\u0301\u200b\u200d"
    "\u2028\u202e\u2066\u3000\ufeff\ufffd\uffff\U0001f600\U0010ffff\r\n\t \\\"'"
)
CHARACTERS = st.sampled_from(ODD) | st.characters(exclude_categories=["Cs"])
TEXTS = st.text(CHARACTERS, max_size=40) | st.builds(
    lambda text, times: text * times, st.text(CHARACTERS, min_size=1, max_size=5), st.integers(1, 10_000)
)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(CHARACTERS, max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=5), inner, max_size=3),
    max_leaves=8,
)
METADATA = st.dictionaries(st.text(CHARACTERS, max_size=8), VALUES, max_size=4)
PARTS = st.lists(
    st.builds(lambda text, more: {**more, "type": "text", "text": text}, st.text(CHARACTERS, max_size=20), METADATA)
    | st.builds(lambda kind, more: {**more, "type": f"x-{kind}"}, st.text(CHARACTERS, max_size=5), METADATA),
    min_size=1,
    max_size=4,
)


class Chat:
    """A conversation in which everything that was taken is counted."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.path = client.post("/api/conversations", json={}).headers["Location"]
        self.last_seq = 0

    def holds(self, message: dict[str, Any]) -> bool:
        """Whether it was taken; then it reads back equal in every way that it can be read."""
        answer = self.client.post(f"{self.path}/messages", json={"messages": [message]})
        if answer.status_code != 201:
            assert answer.status_code in {400, 422}, answer.text
            assert self.client.get(self.path).json()["last_seq"] == self.last_seq
            return False
        self.last_seq += 1
        (written,) = answer.json()["data"]
        page = self.client.get(f"{self.path}/messages", params={"limit": 1}).json()["data"]
        single = self.client.get(f"{self.path}/messages/{written['id']}").json()
        assert written["seq"] == self.last_seq
        assert [written] == page
        assert written == single
        for name, value in message.items():
            assert exact(written[name]) == exact(value)
            assert exact(single[name]) == exact(value)
        return True


def exact(value: Any) -> Any:
    """Told apart by type too, as 1, 1.0 and True are equal to Python; zero has a sign; the order of keys is free."""
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return type(value).__name__, repr(value)


@pytest.fixture
def chat(client: httpx.Client) -> Chat:
    return Chat(client)


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


@given(content=PARTS)
@SEEDED
def test_parts_are_kept_to_the_code_point(chat: Chat, content: list[dict[str, Any]]) -> None:
    taken = chat.holds({"role": "user", "content": content})

    assert taken == any(part["type"] != "text" or part["text"].strip() for part in content)


@given(metadata=METADATA)
@SEEDED
def test_metadata_is_kept_to_the_code_point_unless_it_has_a_nul(chat: Chat, metadata: dict[str, Any]) -> None:
    taken = chat.holds({"role": "user", "content": "x", "metadata": metadata})

    assert taken == (not has_nul(metadata))


def has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(has_nul(item) for pair in value.items() for item in pair)
    return any(map(has_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value


@given(title=st.text(CHARACTERS, max_size=210))
@example(title="\U0001f600" * 200)
@example(title="\U0001f600" * 201)
@SEEDED
def test_a_title_is_kept_to_the_code_point(client: httpx.Client, title: str) -> None:
    answer = client.post("/api/conversations", json={"title": title})

    if title.strip() and len(title) <= 200 and "\0" not in title:
        assert answer.json()["title"] == title
        assert client.get(answer.headers["Location"]).json()["title"] == title
    else:
        assert answer.status_code == 422
