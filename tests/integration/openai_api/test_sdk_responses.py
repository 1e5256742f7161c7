"""OpenAI's own client asks for responses: plain, streamed as they are made, followed again, cancelled."""

from collections.abc import Callable
from typing import Any

import openai
import pytest
from agents import Agent, OpenAIResponsesModel, RunConfig, Runner

from tests.support.word_responder import WordResponder

type NewSdk = Callable[..., openai.OpenAI]

BEGIN = ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"]
DELTA = "response.output_text.delta"
END = [
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
]


@pytest.fixture(autouse=True)
def words(words: WordResponder) -> WordResponder:
    """Answer all tests here."""
    return words


def test_a_response_is_asked_for_and_read_again(sdk: openai.OpenAI) -> None:
    place = sdk.conversations.create().id

    response = sdk.responses.create(model="echo", input="one two", conversation=place)

    assert (response.output_text, response.status) == ("one two ", "completed")
    assert sdk.responses.retrieve(response.id) == response
    assert next(iter(sdk.conversations.items.list(place))).id == response.output[0].id


def test_a_stream_has_openais_events_in_their_order(sdk: openai.OpenAI) -> None:
    events: Any = [*sdk.responses.create(model="echo", input="one two", stream=True)]
    with sdk.responses.stream(model="echo", input="one two") as stream:
        helped = [event.type for event in stream]
        final = stream.get_final_response()

    assert [one.type for one in events] == [*BEGIN, DELTA, DELTA, *END]
    assert [one.sequence_number for one in events] == list(range(10))
    assert (events[-1].response.output_text, final.output_text) == ("one two ", "one two ")
    assert helped == [one.type for one in events]


def test_the_first_words_come_before_the_last_are_made_and_the_rest_is_followed(
    sdk: openai.OpenAI, words: WordResponder
) -> None:
    text = "one pause two"
    stream = sdk.responses.create(model="echo", input=text, stream=True)
    first: Any = [next(stream) for _ in range(5)]
    stream.close()
    response_id, conversation = first[0].response.id, first[0].response.conversation.id

    running = sdk.responses.retrieve(response_id)
    with pytest.raises(openai.BadRequestError) as locked:
        sdk.responses.create(model="echo", input="x", conversation=conversation)
    words.release(text)
    rest: Any = [*sdk.responses.retrieve(response_id, stream=True, starting_after=first[-1].sequence_number)]

    assert (first[-1].type, first[-1].delta) == (DELTA, "one ")
    assert running.status == "in_progress"
    assert (locked.value.code, locked.value.param) == ("conversation_locked", "conversation")
    assert [one.sequence_number for one in rest] == list(range(5, 10))
    assert rest[-1].response.output_text == "one two "


def test_a_response_is_cancelled_and_the_next_turn_is_taken(sdk: openai.OpenAI) -> None:
    stream = sdk.responses.create(model="echo", input="one pause two three", stream=True)
    first: Any = [next(stream) for _ in range(5)]
    response = first[0].response

    cancelled = sdk.responses.cancel(response.id)

    assert (cancelled.status, cancelled.output_text) == ("cancelled", "one ")
    assert [one.type for one in stream][-1] == "response.incomplete"
    assert sdk.responses.create(model="echo", input="x", conversation=response.conversation.id).output_text == "x "


def test_a_reply_that_fails_ends_the_stream_with_an_error(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.APIError, match="The reply failed"):
        list(sdk.responses.create(model="echo", input="one fail", stream=True))


def test_a_call_that_the_service_answers_is_an_item_and_no_output(sdk: openai.OpenAI) -> None:
    place = sdk.conversations.create().id

    response = sdk.responses.create(model="echo", input="one call two", conversation=place)

    assert [one.type for one in response.output] == ["message", "message"]
    kinds = [one.type for one in sdk.conversations.items.list(place, order="asc")]
    assert kinds == ["message", "message", "function_call", "function_call_output", "message"]
    ids = [one.id for one in sdk.conversations.items.list(place, order="asc")]
    assert [one.id for one in response.output] == [ids[1], ids[4]]


def test_anothers_response_is_as_a_missing_one(new_sdk: NewSdk) -> None:
    owner, stranger = new_sdk(), new_sdk()
    theirs: Any = owner.responses.create(model="echo", input="secret")
    missing = f"resp_{'0' * 40}"

    def told(call: Callable[[], object]) -> object:
        with pytest.raises(openai.NotFoundError) as raised:
            call()
        return raised.value.body

    for name in ("retrieve", "cancel"):
        call: Any = getattr(stranger.responses, name)
        assert told(lambda: call(theirs.id)) == told(lambda: call(missing))  # noqa: B023 - called at once
    ask = stranger.responses.create
    assert told(lambda: ask(input="x", conversation=theirs.conversation.id)) == told(
        lambda: ask(input="x", conversation=f"conv_{'0' * 32}")
    )
    assert owner.responses.retrieve(theirs.id) == theirs


async def test_the_agents_sdks_runner_speaks_through_the_service(service: str, sdk: openai.OpenAI) -> None:
    place = sdk.conversations.create().id
    async with openai.AsyncOpenAI(base_url=f"{service}/v1", api_key=sdk.api_key) as client:
        agent = Agent(name="A", model=OpenAIResponsesModel("echo", client))
        untraced = RunConfig(tracing_disabled=True)

        results = [await Runner.run(agent, text, conversation_id=place, run_config=untraced) for text in ("one", "two")]
        streamed = Runner.run_streamed(agent, "three", conversation_id=place, run_config=untraced)
        deltas = [event.data.type async for event in streamed.stream_events() if event.type == "raw_response_event"]

    assert [one.final_output for one in [*results, streamed]] == ["one ", "two ", "three "]
    assert DELTA in deltas
    assert len(list(sdk.conversations.items.list(place))) == 6
