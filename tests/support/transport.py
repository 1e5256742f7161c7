"""What tests of the transport send, and how it refuses."""

from typing import Final

from tests.support.raw_answers import Answer

GET: Final = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
POST: Final = b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CLOSE: Final = b"Connection: close\r\n\r\n"


def assert_problem(answer: Answer, status: int, code: str) -> None:
    """The transport refuses with a problem, and closes."""
    assert answer.refusal == (status, code)
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"]
