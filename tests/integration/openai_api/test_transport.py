"""What the server refuses below the application has OpenAI's envelope where the path is known to be below /v1."""

from collections.abc import Callable, Iterator

import pytest

from entrypoints.server.limits import Limits
from entrypoints.server.reading import GuardedProtocol
from entrypoints.settings import Settings
from tests.support.raw_answers import Answer
from tests.support.raw_http import ask
from tests.support.service import running_service
from tests.support.transport import CLOSE

GET = b"GET /v1/models HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"


class SmallProtocol(GuardedProtocol):
    """With limits that a test reaches soon."""

    limits = Limits(body_seconds=0.4, tiny_pieces=2, large_body_bytes=1024, bodies_bytes=2048)


@pytest.fixture(scope="module")
def small(settings: Settings) -> Iterator[str]:
    """The service with small limits."""
    with running_service(settings, SmallProtocol) as address:
        yield address


def told(answer: Answer) -> tuple[int, str, str]:
    error = answer.json["error"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-request-id"]
    assert error.keys() == {"message", "type", "param", "code"}
    return answer.status, error["type"], error["code"]


def test_a_head_beyond_the_limits_is_refused_in_the_envelope(service: str) -> None:
    long_query = ask(service, b"GET /v1/models?" + b"a" * 4097 + b" HTTP/1.1\r\nHost: x\r\n" + CLOSE)
    many_fields = ask(service, GET + b"a: b\r\n" * 64 + CLOSE)
    no_host = ask(service, b"GET /v1/models HTTP/1.1\r\n" + CLOSE)

    assert told(long_query) == (414, "invalid_request_error", "uri_too_long")
    assert told(many_fields) == (431, "invalid_request_error", "headers_too_large")
    assert told(no_host) == (400, "invalid_request_error", "bad_request")


def test_a_body_beyond_the_limits_is_refused_in_the_envelope(small: str, new_token: Callable[[], str]) -> None:
    post = POST + b"Authorization: Bearer " + new_token().encode() + b"\r\n"

    tiny = ask(small, post + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 3 + b"0\r\n\r\n")
    slow = ask(small, post + b"Content-Length: 9\r\n\r\n{")
    large = ask(small, post + b"Content-Length: 4096\r\n\r\n" + b" " * 4096)

    assert told(tiny) == (413, "invalid_request_error", "body_too_large")
    assert told(slow) == (408, "invalid_request_error", "too_slow")
    assert told(large) == (503, "server_error", "overloaded")
    assert large.headers["retry-after"] == "1"


def test_a_request_whose_path_is_not_read_is_refused_with_a_problem(service: str) -> None:
    answer = ask(service, b"POST /v1/responses HTTP/1.1\r\nbad header\r\n\r\n")

    assert answer.refusal == (400, "bad_request")
