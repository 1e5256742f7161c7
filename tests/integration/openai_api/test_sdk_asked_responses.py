"""OpenAI's own client asks for responses in the background, after others, with instructions, and to answer calls."""

from collections.abc import Callable
from typing import Any

import openai
import pytest

from tests.support.lossy_proxy import lossy_proxy
from tests.support.word_responder import WordResponder

type NewSdk = Callable[..., openai.OpenAI]

DELTA = "response.output_text.delta"
OUTPUT: Any = {"type": "function_call_output", "call_id": "call-1", "output": "sunny"}


@pytest.fixture(autouse=True)
def words(words: WordResponder) -> WordResponder:
    """Answer all tests here."""
    return words


def test_a_background_response_is_read_while_it_runs_and_followed_to_its_end(
    sdk: openai.OpenAI, words: WordResponder
) -> None:
    text = "one pause two"
    begun = sdk.responses.create(model="echo", input=text, background=True)
    stream: Any = sdk.responses.retrieve(begun.id, stream=True, starting_after=3)
    first = next(stream)

    running = sdk.responses.retrieve(begun.id)
    words.release(text)
    rest: Any = [*stream]
    ended = sdk.responses.retrieve(begun.id)

    assert (begun.status, begun.background, running) == ("in_progress", True, begun)
    assert (first.type, first.delta, first.sequence_number) == (DELTA, "one ", 4)
    assert [one.sequence_number for one in rest] == list(range(5, 10))
    assert (ended.status, ended.output_text, ended.background) == ("completed", "one two ", True)
    assert rest[-1].response.output == ended.output


def test_a_background_stream_is_left_and_followed_by_the_helper(sdk: openai.OpenAI, words: WordResponder) -> None:
    text = "one pause two"
    stream: Any = sdk.responses.create(model="echo", input=text, background=True, stream=True)
    first = next(stream)
    stream.close()
    words.release(text)

    with sdk.responses.stream(response_id=first.response.id) as again:
        kinds = [event.type for event in again]
        final = again.get_final_response()

    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert (final.output_text, final.background) == ("one two ", True)


def test_a_background_response_is_cancelled(sdk: openai.OpenAI) -> None:
    begun = sdk.responses.create(model="echo", input="pause", background=True)

    assert sdk.responses.cancel(begun.id).status == "cancelled"
    assert sdk.responses.retrieve(begun.id).status == "cancelled"


def test_responses_go_on_from_each_other(sdk: openai.OpenAI) -> None:
    first = sdk.responses.create(model="echo", input="one", metadata={"topic": "Rome"})
    second = sdk.responses.create(model="echo", input="two", previous_response_id=first.id)

    with pytest.raises(openai.BadRequestError) as branched:
        sdk.responses.create(model="echo", input="three", previous_response_id=first.id)

    assert (branched.value.param, branched.value.code) == ("previous_response_id", "invalid_value")
    assert second.conversation == first.conversation
    assert [sdk.responses.retrieve(one.id) for one in (first, second)] == [first, second]
    given: list[Any] = [*sdk.responses.input_items.list(second.id, order="asc", limit=1)]
    assert [one.content[0].text for one in given] == ["one", "one ", "two"]


def test_instructions_are_for_one_response(sdk: openai.OpenAI) -> None:
    first = sdk.responses.create(model="echo", input="one", instructions="Be brief.")
    second = sdk.responses.create(model="echo", input="two", previous_response_id=first.id)

    assert [one.output_text for one in (first, second)] == ["(Be brief.) one ", "two "]
    assert [one.instructions for one in (first, second)] == ["Be brief.", None]
    assert sdk.responses.retrieve(first.id).instructions is None


def test_a_response_that_is_deleted_leaves_its_items(sdk: openai.OpenAI) -> None:
    response: Any = sdk.responses.create(model="echo", input="one")

    sdk.responses.delete(response.id)

    with pytest.raises(openai.NotFoundError):
        sdk.responses.retrieve(response.id)
    assert len(list(sdk.conversations.items.list(response.conversation.id))) == 2


def test_an_agent_answers_the_calls_of_a_response(new_sdk: NewSdk) -> None:
    agent = new_sdk(is_agent=True)
    asked: Any = agent.responses.create(model="echo", input="one ask")
    session = new_sdk(agent.api_key)

    with pytest.raises(openai.PermissionDeniedError):
        session.responses.create(model="echo", input=[OUTPUT], previous_response_id=asked.id)
    unfit: Any = [{**OUTPUT, "call_id": "call-2"}, {"role": "developer", "content": "x"}]
    for unknown in unfit:
        with pytest.raises(openai.BadRequestError) as refused:
            agent.responses.create(model="echo", input=[unknown], previous_response_id=asked.id)
        assert str(refused.value.param).startswith("input")
    answered = agent.responses.create(model="echo", input=[OUTPUT], previous_response_id=asked.id)

    assert [one.type for one in asked.output] == ["message", "function_call"]
    assert answered.output_text == "sunny "
    items = [*agent.conversations.items.list(asked.conversation.id, order="asc")]
    assert [one.type for one in items] == [
        "message",
        "message",
        "function_call",
        "function_call_output",
        "message",
    ]
    assert agent.responses.retrieve(asked.id) == asked


def test_a_history_is_answered_that_an_agent_brings(new_sdk: NewSdk) -> None:
    agent = new_sdk(is_agent=True)
    history: Any = [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three"},
    ]

    response = agent.responses.create(model="echo", input=history)

    assert response.output_text == "three "
    given: list[Any] = [*agent.responses.input_items.list(response.id, order="asc")]
    assert [one.role for one in given] == ["developer", "user", "assistant", "user"]


def test_a_lost_answer_of_a_response_after_another_is_had_again(service: str, new_token: Callable[[], str]) -> None:
    with lossy_proxy(service) as proxy, openai.OpenAI(base_url=f"{proxy.address}/v1", api_key=new_token()) as sdk:
        sdk._calculate_retry_timeout = lambda *_: 0.0  # type: ignore[method-assign]  # it waits half a second
        sdk._idempotency_header = "Idempotency-Key"
        first: Any = sdk.responses.create(model="echo", input="one")

        proxy.losses = 2
        second = sdk.responses.create(model="echo", input="two", previous_response_id=first.id)
        proxy.losses = 1
        third = sdk.responses.create(model="echo", input="three", previous_response_id=second.id, background=True)
        list(sdk.responses.retrieve(third.id, stream=True))

        assert proxy.losses == 0
        items: list[Any] = [*sdk.conversations.items.list(first.conversation.id, order="asc")]
    assert [one.content[0].text for one in items] == ["one", "one ", "two", "two ", "three", "three "]


def test_anothers_response_is_as_a_missing_one(new_sdk: NewSdk) -> None:
    owner, stranger = new_sdk(), new_sdk()
    theirs: Any = owner.responses.create(model="echo", input="secret")
    running: Any = owner.responses.create(model="echo", input="secret pause", background=True)
    missing = f"resp_{'0' * 40}"

    def told(call: Callable[[], object]) -> tuple[int, object]:
        with pytest.raises(openai.APIStatusError) as raised:
            call()
        return raised.value.status_code, raised.value.body

    calls: list[Callable[[str], object]] = [
        stranger.responses.retrieve,
        lambda one: stranger.responses.retrieve(one, stream=True),
        stranger.responses.cancel,
        stranger.responses.delete,
        stranger.responses.input_items.list,
        lambda one: stranger.responses.input_items.list(one, after=theirs.output[0].id),
        lambda one: stranger.responses.create(input="x", previous_response_id=one),
        lambda one: stranger.responses.create(input="x", previous_response_id=one, background=True, stream=True),
    ]
    for call in calls:
        for one in (theirs.id, running.id):
            assert told(lambda: call(one)) == told(lambda: call(missing))  # noqa: B023 - called at once
    assert owner.responses.retrieve(theirs.id) == theirs
    assert owner.responses.retrieve(running.id) == running
