"""Retries of writes without a key: refused, unless a limit had refused the attempt before."""

from http import HTTPStatus

import httpx
import pytest
from litestar import post

from domain.errors import TooManyRepliesError
from entrypoints.http.request import ApiRequest
from entrypoints.openai_api.errors import OPENAI_ERRORS
from entrypoints.openai_api.refused_attempts import RefusedAttempts
from entrypoints.openai_api.retries import IS_WRITE, charged_write
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.service import service_on

RETRY = {"X-Stainless-Retry-Count": "1"}
STRUCK = {"X-Struck": "1"}


@post("/v1/writes/{place:str}", opt={IS_WRITE: True}, exception_handlers=OPENAI_ERRORS.handlers)
async def writing_route(request: ApiRequest) -> str:
    async with charged_write(request, 1):
        if "X-Struck" in request.headers:
            raise TooManyRepliesError(1)
        return "written"


def outcome(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.headers.get("X-Should-Retry")


async def test_what_a_limit_refused_may_be_sent_once_more() -> None:
    async with service_on(FakeWorld(), writing_route) as client:
        refused, again = [
            await client.post("/v1/writes/1", content=b"said", headers=headers) for headers in (STRUCK, STRUCK | RETRY)
        ]
        retries = [await client.post("/v1/writes/1", content=b"said", headers=RETRY) for _ in range(2)]

    assert refused.headers["Retry-After"] == "1"
    assert [outcome(one) for one in (refused, again)] == [(HTTPStatus.TOO_MANY_REQUESTS, None)] * 2
    assert [outcome(one) for one in retries] == [(HTTPStatus.CREATED, None), (HTTPStatus.CONFLICT, "false")]


@pytest.mark.parametrize(("path", "body"), [("/v1/writes/2", b"said"), ("/v1/writes/1", b"Said")])
async def test_another_request_may_not(path: str, body: bytes) -> None:
    async with service_on(FakeWorld(), writing_route) as client:
        await client.post("/v1/writes/1", content=b"said", headers=STRUCK)
        other = await client.post(path, content=body, headers=RETRY)

    assert outcome(other) == (HTTPStatus.CONFLICT, "false")


async def test_a_refusal_is_forgotten_when_the_same_is_sent_anew() -> None:
    async with service_on(FakeWorld(), writing_route) as client:
        answers = [
            await client.post("/v1/writes/1", content=b"said", headers=headers) for headers in (STRUCK, {}, RETRY)
        ]

    assert [one.status_code for one in answers] == [429, 201, 409]


async def test_a_request_too_many_whose_body_nobody_has_read_is_not_to_be_repeated() -> None:
    async with service_on(FakeWorld(), writing_route, limit_user_requests=1) as client:
        await client.post("/v1/writes/1", content=b"said")
        refused = await client.post("/v1/writes/1", content=b"said")

    assert outcome(refused) == (HTTPStatus.TOO_MANY_REQUESTS, "false")


def test_refused_attempts_are_bounded_and_the_oldest_is_forgotten() -> None:
    attempts = RefusedAttempts(most=2)
    for digest in (b"1", b"2", b"1", b"3"):
        attempts.add(digest)

    assert len(attempts) == 2
    assert [attempts.take(digest) for digest in (b"1", b"2", b"3", b"3")] == [False, True, True, False]
