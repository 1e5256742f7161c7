"""Every input of the corpus gets a whole answer, which says nothing that it should not, and harms nobody after it."""

import re

import pytest

from tests.security.corpus import SHOWN, corpus
from tests.security.corpus.inputs import CANARY, Input
from tests.security.world import World
from tests.support.raw_answers import Answer
from tests.support.raw_http import exchange

INPUTS = corpus()
INNER = re.compile(
    rb"Traceback|File \"|\.py\b|line [0-9]+|SELECT |INSERT |UPDATE |DELETE FROM|DROP TABLE|owner_id =|asyncpg|postgres|"
    rb"litestar|msgspec|uvicorn|httptools|RecursionError|UnicodeDecodeError|0x[0-9a-f]{8}",
)
"""What would tell of the inside."""

AT_THE_TRANSPORT = frozenset({"bad_request", "uri_too_long", "headers_too_large"})
"""Codes of what is refused before there is a request that could have an id; the connection is closed."""


def assert_problem(answer: Answer, given: Input) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    if not given.has_bodies:
        return
    problem = answer.json
    assert problem["status"] == answer.status
    assert problem["type"] == f"urn:ai-agent:{problem['code']}"
    if problem["code"] in AT_THE_TRANSPORT and "x-request-id" not in answer.headers:
        assert answer.headers["connection"] == "close"
    else:
        assert re.fullmatch("[A-Za-z0-9_-]{1,128}", answer.headers["x-request-id"])


def test_the_corpus_is_large_and_names_each_input_once() -> None:
    print(f"{len(INPUTS)} inputs")  # noqa: T201 - shown with -s

    assert len(INPUTS) >= 250
    assert len({given.name for given in INPUTS}) == len(INPUTS)
    assert {given.name for given in INPUTS} >= SHOWN


@pytest.mark.parametrize("given", INPUTS, ids=lambda given: given.name.encode("ascii", "backslashreplace").decode())
def test_an_input_gets_a_whole_answer_that_tells_nothing_and_the_next_request_is_served(
    world: World, given: Input
) -> None:
    answers = exchange(world.service, world.fill(given.data), answers=len(given.statuses), has_bodies=given.has_bodies)

    assert tuple(answer.status for answer in answers) == given.statuses
    for answer in answers:
        assert answer.status < 500
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]
        assert world.token.encode() not in answer.raw
        if answer.status >= 400:
            assert_problem(answer, given)
            assert INNER.search(answer.raw) is None
            assert (CANARY.encode() in answer.raw.lower()) == (given.name in SHOWN)
    after = exchange(world.service, b"GET /api/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
                     % world.token.encode(), answers=1)  # fmt: skip
    assert [one.status for one in after] == [200]
