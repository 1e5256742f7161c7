"""A write has its one effect wherever in its course the connection to the database breaks."""

from collections.abc import Callable, Iterator
from itertools import count, product
from typing import Any

import httpx
import pytest

from tests.conftest import running_service, settings_for
from tests.faults.every_step import Cut, StepProxy

pytestmark = [pytest.mark.faults, pytest.mark.timeout(60)]

_MOST_STEPS = 60
_MOST_RETRIES = 20


@pytest.fixture(scope="module")
def proxy(database_url: str) -> Iterator[StepProxy]:
    with StepProxy(database_url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def address(proxy: StepProxy) -> Iterator[str]:
    with running_service(settings_for(proxy.url)) as address:
        yield address


def conversations(client: httpx.Client) -> set[str]:
    return {one["id"] for one in client.get("/api/conversations?limit=100").raise_for_status().json()["data"]}


def request(client: httpx.Client, what: str) -> tuple[str, dict[str, Any]]:
    """The path and the body of a write."""
    if what == "chat in a new conversation":
        return "/api/chat", {"message": "hello"}
    conversation = client.post("/api/conversations", json={}).raise_for_status().json()["id"]
    if what == "chat":
        return "/api/chat", {"message": "hello", "conversation_id": conversation}
    return f"/api/conversations/{conversation}/messages", {"messages": [{"role": "user", "content": "hello"}]}


def effect(client: httpx.Client, before: set[str]) -> list[list[str]]:
    """What is in the conversations that are new."""
    pages = [client.get(f"/api/conversations/{one}").json() for one in conversations(client) - before]
    return [[message["content"] for message in page["messages"]] for page in pages]


@pytest.mark.parametrize("forwards", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("what", "is_warm", "stays"),
    [
        ("append", False, True),  # cold: from the opening of the connection on
        *product(("append", "chat", "chat in a new conversation"), (True,), (False, True)),
    ],
)
def test_one_effect_wherever_the_connection_is_cut(
    what: str,
    is_warm: bool,  # noqa: FBT001 - a parameter of the test
    forwards: bool,  # noqa: FBT001 - as above
    stays: bool,  # noqa: FBT001 - as above
    proxy: StepProxy,
    address: str,
    new_token: Callable[[], str],
) -> None:
    wrong: list[str] = []
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {new_token()}"}, timeout=30) as client:
        for step in count(1):
            if is_warm:
                warming = request(client, "append")
                client.post(warming[0], json=warming[1], headers={"Idempotency-Key": f"warm-{step}"})
            before = conversations(client)
            path, body = request(client, what)
            if not is_warm:
                proxy.break_all()
            headers = {"Idempotency-Key": f"step-{step}"}

            proxy.arm(Cut(at=step, forwards=forwards, stays=stays))
            answers = [client.post(path, json=body, headers=headers)]
            was_cut = proxy.mend()
            while not answers[-1].is_success and len(answers) < _MOST_RETRIES:
                answers.append(client.post(path, json=body, headers=headers))
            answers.append(client.post(path, json=body, headers=headers))

            statuses = [answer.status_code for answer in answers]
            if not {*statuses} <= {200, 201, 503}:
                wrong.append(f"step {step}: {statuses}")
            if len({answer.text for answer in answers if answer.is_success}) != 1:
                wrong.append(f"step {step}: the answers differ")
            expected = ["hello"] if what == "append" else ["hello", "Echo: hello"]
            if (found := effect(client, before)) != [expected]:
                wrong.append(f"step {step}: {found}")
            if not was_cut:
                break
            assert step < _MOST_STEPS
    assert wrong == []
    assert step > (6 if is_warm else 12)
