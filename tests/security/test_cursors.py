"""Cursors and anchors that were damaged, forged or taken from elsewhere: refused, or one's own data; never more."""

import base64
import random
import secrets
from collections.abc import Callable, Iterator
from itertools import islice

import httpx
import pytest

from entrypoints.native_api.cursor import _PLACE, _check, _to_text
from tests.security.calls import missing_id
from tests.security.lists import LIST, Lists, conversations

NUMBERS = ["-1", "0", "00", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "1_0", "\u0663", "NaN", "Infinity", "true", "[]",
           *(str(2**power + more) for power in (31, 32, 63, 64, 128) for more in (-1, 0)), "", "-" + "9" * 30,
           "9" * 3000, "9" * 5000]  # fmt: skip
TIMES = [
    -(2**63),
    -(2**62),
    -62_135_596_800_000_001,
    -1,
    0,
    253_402_300_799_999_999,
    253_402_300_800_000_000,
    2**63 - 1,
]


def mutations(cursor: str, others: list[str], chance: random.Random) -> Iterator[str]:
    """Texts that are not the cursor, without end."""
    raw = base64.urlsafe_b64decode(f"{cursor}=")
    yield from others
    yield from NUMBERS
    yield from (raw.hex(), base64.b32encode(raw).decode(), base64.b85encode(raw).decode(), f"{cursor}=", cursor[::-1])
    for whole in (raw, *(base64.urlsafe_b64decode(f"{other}=") for other in others)):
        yield from (_to_text(raw[:place] + whole[place:]) for place in range(0, len(raw) + 8, 8) if whole != raw)
    for bit in range(len(raw) * 8):
        yield _to_text((int.from_bytes(raw) ^ 1 << bit).to_bytes(len(raw)))
    while True:
        place, other = chance.randrange(len(cursor)), chance.choice("AZaz09-_+/=.~%\0 \u00e9\u0661\U0001f600")
        length = chance.randint(0, 60)
        yield from (
            cursor[:place] + other + cursor[place + 1 :],
            cursor[:place] + other + cursor[place:],
            cursor[:place] + cursor[place + 1 :],
            cursor[:place],
            cursor[: place + 1] + cursor[:place],
            cursor[:place] + cursor[place:].swapcase(),
            _to_text(chance.randbytes(length)),
            base64.b64encode(chance.randbytes(length)).decode(),
        )


def assert_refused(answer: httpx.Response, *fields: str) -> None:
    """A problem that names one of the fields; the transport, which names none, refuses what is too long."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    if answer.status_code != 414:
        assert answer.status_code == 422, answer.text
        assert {error["field"] for error in answer.json()["errors"]} & {*fields}, answer.text


def test_1000_cursors_that_are_not_the_lists_own_are_refused(lists: Lists) -> None:
    seed = secrets.randbits(32)
    mutated = (one for one in mutations(lists.cursor, lists.others, random.Random(seed)) if one != lists.cursor)  # noqa: S311 - no secret
    print(f"seed {seed}")  # noqa: T201 - pytest shows it with a failure

    for cursor in islice(mutated, 1000):
        assert_refused(lists.client.get(LIST, params={"cursor": cursor}), "cursor")

    assert [one["id"] for one in conversations(lists.client, cursor=lists.cursor)["data"]] == [lists.own[2]]


@pytest.mark.parametrize("archived", [False, True])
def test_a_forged_cursor_with_the_right_checksum_shows_nothing_but_ones_own(lists: Lists, *, archived: bool) -> None:
    places = [_PLACE.pack(time, bytes.fromhex(one[5:])) for time in TIMES for one in (lists.own[0], lists.anothers)]
    listed = []

    for place in places:
        cursor = _to_text(place + _check(place, lists.owner_id, archived=archived))  # type: ignore[arg-type]  # as text
        answer = lists.client.get(LIST, params={"cursor": cursor, "archived": str(archived).lower()})
        if answer.status_code == 200:
            listed += [one["id"] for one in answer.json()["data"]]
        else:
            assert_refused(answer, "cursor")

    assert {*listed} == {*(lists.own[:2] if archived else lists.own[2:])}


def test_an_anchor_is_refused_by_its_name_or_shows_a_range_of_the_conversation(
    new_client: Callable[[], httpx.Client],
) -> None:
    owner, stranger = new_client(), new_client()
    texts = [f"text {seq}" for seq in range(1, 8)]
    messages = [{"role": "user", "content": text} for text in texts]
    path = owner.post(LIST, json={"messages": messages}).headers["Location"] + "/messages"
    cursor = "x" * 43
    anchors = [{name: value} for name in ("before", "after", "around") for value in [*NUMBERS, "3", "8", cursor]]
    pairs = [{"before": "3", "after": "1"}, {"after": "1", "around": "2"}, {"before": "9" * 30, "around": "2"}]

    for query in [*anchors, *pairs, *({**anchor, "limit": "2"} for anchor in anchors)]:
        answer = owner.get(path, params=query)
        if answer.status_code == 200:
            shown = [message["content"] for message in answer.json()["data"]]
            begin = texts.index(shown[0]) if shown else 0
            assert shown == texts[begin : begin + len(shown)], query
        else:
            assert_refused(answer, *query)
        foreign = stranger.get(path, params=query)
        missing = stranger.get(f"{LIST}/{missing_id()}/messages", params=query)
        assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content), query
        assert foreign.status_code in {404, 414, 422}, query
