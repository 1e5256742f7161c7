"""Tool calls over HTTP: an agent runtime opens them, and each gets one result, or none if the user goes on."""

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import httpx
import pytest

from tests.support.at_once import at_once
from tests.support.service import AGENT_KEY

type NewAgent = Callable[[], httpx.Client]

USER = {"role": "user", "content": "How is the weather in Rome, Oslo and Lima?"}
NEXT = {"role": "user", "content": "Never mind."}


def calls(*call_ids: str) -> dict[str, Any]:
    function = {"name": "weather", "arguments": '{"city":"Rome"}'}
    opened = [{"id": call_id, "type": "function", "function": function} for call_id in call_ids]
    return {"role": "assistant", "content": None, "tool_calls": opened}


def result(call_id: str, content: str = "Sunny") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def begin(agent: httpx.Client, *call_ids: str) -> str:
    """A new conversation in which these calls are open; its path."""
    body = {"messages": [USER, calls(*call_ids)]}
    return agent.post("/api/conversations", json=body).raise_for_status().headers["Location"]


def append(
    agent: httpx.Client, path: str, *messages: dict[str, Any], headers: dict[str, str] | None = None
) -> httpx.Response:
    return agent.post(f"{path}/messages", json={"messages": messages}, headers=headers)


def outline(agent: httpx.Client, path: str) -> list[str]:
    """What each message after the calls is: a result by its call, another one by its role."""
    return [one.get("tool_call_id", one["role"]) for one in agent.get(path).json()["messages"][2:]]


def assert_not_open(answer: httpx.Response, field: str = "messages[0].tool_call_id") -> None:
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "call_not_open"), problem
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize("order", [*permutations("abc")], ids="".join)
def test_parallel_calls_are_answered_in_any_order_over_several_appends(
    agent: httpx.Client, order: Sequence[str]
) -> None:
    path = begin(agent, *"abc")

    answers = [append(agent, path, result(call_id)) for call_id in order]
    answers.append(append(agent, path, {"role": "assistant", "content": "Sunny everywhere."}))

    assert {answer.status_code for answer in answers} == {201}
    assert outline(agent, path) == [*order, "assistant"]


def test_some_results_in_one_append_and_the_rest_in_another(agent: httpx.Client) -> None:
    path = begin(agent, *"abcd")

    answers = [append(agent, path, result("d"), result("b")), append(agent, path, result("a"), result("c"))]

    assert {answer.status_code for answer in answers} == {201}
    assert outline(agent, path) == ["d", "b", "a", "c"]


def test_a_call_of_the_next_step_may_have_the_id_of_one_that_was_answered(agent: httpx.Client) -> None:
    path = begin(agent, "a")

    answers = [append(agent, path, result("a"), calls("a")), append(agent, path, result("a"))]

    assert {answer.status_code for answer in answers} == {201}
    assert outline(agent, path) == ["a", "assistant", "a"]


def test_a_second_result_is_refused(agent: httpx.Client) -> None:
    path = begin(agent, "a", "b")
    append(agent, path, result("a")).raise_for_status()

    assert_not_open(append(agent, path, result("a", "Rainy")))
    assert_not_open(append(agent, path, result("b"), result("b", "Rainy")), "messages[1].tool_call_id")
    assert_not_open(append(agent, path, result("b"), result("a", "Rainy")), "messages[1].tool_call_id")

    assert outline(agent, path) == ["a"]
    assert append(agent, path, result("b")).status_code == 201


def test_a_result_of_a_call_that_never_was_is_refused(agent: httpx.Client) -> None:
    path = begin(agent, "a")

    assert_not_open(append(agent, path, result("b")))
    assert_not_open(append(agent, begin(agent, "b"), result("a")))
    assert_not_open(agent.post("/api/conversations", json={"messages": [result("a")]}))

    assert outline(agent, path) == []


def test_the_calls_of_another_conversation_answer_nothing_here(new_agent: NewAgent) -> None:
    ann, bob = new_agent(), new_agent()
    anns, bobs = begin(ann, "a"), begin(bob, "b")

    assert append(bob, anns, result("a")).status_code == 404
    assert_not_open(append(bob, bobs, result("a")))

    assert append(ann, anns, result("a")).status_code == 201


def test_a_users_turn_interrupts_and_results_that_come_late_are_refused(
    client: httpx.Client, anonymous: httpx.Client
) -> None:
    agent = anonymous
    agent.headers.update({"X-Agent-Key": AGENT_KEY, "X-Owner-Id": client.get("/api/me").json()["user_id"]})
    path = begin(agent, "a", "b")
    append(agent, path, result("a")).raise_for_status()

    interrupting = append(client, path, NEXT)

    assert interrupting.status_code == 201
    assert_not_open(append(agent, path, result("b")))
    assert_not_open(append(agent, path, {"role": "assistant", "content": "And now:"}, result("b")),
                    "messages[1].tool_call_id")  # fmt: skip
    assert append(agent, path, calls("b"), result("b")).status_code == 201
    assert outline(agent, path) == ["a", "user", "assistant", "b"]


def test_a_turn_of_the_chat_interrupts_as_well(client: httpx.Client) -> None:
    agent = {"X-Agent-Key": AGENT_KEY}
    path = client.post("/api/conversations", json={"messages": [USER, calls("a")]}, headers=agent).headers["Location"]

    said = client.post("/api/chat", json={"message": "Never mind.", "conversation_id": path.rpartition("/")[2]})

    assert said.status_code == 200
    assert_not_open(append(client, path, result("a"), headers=agent))


def test_a_turn_and_the_results_before_it_fit_in_one_append(agent: httpx.Client) -> None:
    path = begin(agent, "a", "b")

    whole = append(agent, path, result("b"), NEXT, {"role": "assistant", "content": "Fine."})

    assert whole.status_code == 201
    assert_not_open(append(agent, path, result("a")))


@pytest.mark.parametrize("has_keys", [False, True])
def test_of_runtimes_that_answer_one_call_at_once_one_wins(agent: httpx.Client, *, has_keys: bool) -> None:
    path = begin(agent, "a")

    def answer(number: int) -> httpx.Response:
        headers = {"Idempotency-Key": f"runtime-{number}"} if has_keys else {}
        return append(agent, path, result("a", f"by runtime {number}"), headers=headers)

    answers = at_once(8, answer)

    won = [number for number, one in enumerate(answers) if one.status_code == 201]
    assert len(won) == 1
    for number, one in enumerate(answers):
        if number not in won:
            assert_not_open(one)
    kept = agent.get(path).json()["messages"][2:]
    assert [one["content"] for one in kept] == [f"by runtime {won[0]}"]


def test_runtimes_that_answer_different_calls_at_once_all_succeed(agent: httpx.Client) -> None:
    path = begin(agent, *"abcdefgh")

    answers = at_once(8, lambda number: append(agent, path, result("abcdefgh"[number])))

    assert {one.status_code for one in answers} == {201}
    assert sorted(outline(agent, path)) == [*"abcdefgh"]


def test_a_retry_of_the_winner_is_the_first_answer_again_and_a_loser_stays_one(agent: httpx.Client) -> None:
    path = begin(agent, "a")
    winner, loser = {"Idempotency-Key": "winner"}, {"Idempotency-Key": "loser"}
    first = append(agent, path, result("a"), headers=winner)
    assert_not_open(append(agent, path, result("a", "Rainy"), headers=loser))
    append(agent, path, NEXT).raise_for_status()

    again = at_once(4, lambda _: append(agent, path, result("a"), headers=winner))

    assert {(one.status_code, one.content) for one in again} == {(201, first.content)}
    assert {one.headers["Idempotent-Replayed"] for one in again} == {"true"}
    assert_not_open(append(agent, path, result("a", "Rainy"), headers=loser))
    assert append(agent, path, {"role": "assistant", "content": "Fine."}, headers=loser).status_code == 201
