"""The edge, without a server."""

from typing import Any

from litestar.types import Receive, Scope, Send

from entrypoints.http.edge import Edge
from entrypoints.http.error_forms import ErrorForms
from entrypoints.http.problems import PROBLEMS


async def test_a_body_can_be_sent_straight_to_the_server_and_nothing_keeps_the_request_afterwards() -> None:
    sent: list[Any] = []
    states: list[dict[str, Any]] = []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        states.append(scope["state"])
        await scope["state"]["send_body"]("a part of the body")

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    scope: Any = {"type": "http", "method": "GET", "headers": []}
    await Edge(app, ErrorForms(PROBLEMS, {}))(scope, receive, send)

    assert sent == ["a part of the body"]
    assert [*states[0]] == ["request_id"]
