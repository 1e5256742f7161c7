"""A conversation's title and metadata read back equal: the text code point for code point, numbers in value."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.security.odd_text import CHARACTERS, METADATA, SEEDED, has_nul


@given(metadata=METADATA)
@example(metadata={"a": ["\0"]})
@example(metadata={"a": [1e25, -0.0, 5e-324, 1.7976931348623157e308, 2**70, 0.1, 1, True, None, {"": ""}]})
@settings(SEEDED, max_examples=50)
def test_metadata_of_a_conversation_is_kept_in_value_unless_it_has_a_nul(
    client: httpx.Client, metadata: dict[str, Any]
) -> None:
    answer = client.post("/api/conversations", json={"metadata": metadata})

    if has_nul(metadata):
        assert answer.status_code == 422
        return
    read = client.get(answer.headers["Location"])
    listed = client.get("/api/conversations", params={"limit": 1})
    renamed = client.patch(answer.headers["Location"], json={"title": "t"})
    for one in (answer, read, listed, renamed):
        found = in_value(one.text)
        found = found["data"][0] if one is listed else found
        assert found["metadata"] == in_value(json.dumps(metadata))


@pytest.mark.parametrize("number", ["1e308", "-1.5e308", "5e-324", "1e16"])
def test_metadata_is_within_its_limit_as_it_reads_back_too(client: httpx.Client, number: str) -> None:
    headers = {"Content-Type": "application/json"}
    statuses = set()

    for count in (20, 40, 200, 900, 2000):
        body = '{"metadata":{"a":[' + ",".join([number] * count) + "]}}"
        answer = client.post("/api/conversations", content=body, headers=headers)
        statuses.add(answer.status_code)
        if answer.status_code == 201:
            assert len(client.get(answer.headers["Location"]).content) < 17 * 1024
            changed = client.patch(answer.headers["Location"], json={"metadata": {"a": 1}})
            assert changed.json()["metadata"] == {"a": 1}

    assert statuses == {201, 422}


def in_value(text: str) -> Any:
    """JSON whose numbers are equal when their values are: PostgreSQL's jsonb spells them its own way."""
    return json.loads(text, parse_int=number, parse_float=number)


def number(text: str) -> tuple[str, Decimal]:
    return "a number", Decimal(text)


@given(title=st.text(CHARACTERS, max_size=210))
@example(title=" a ")
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
