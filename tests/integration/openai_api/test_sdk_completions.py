"""OpenAI's own client asks for chat completions: plain, streamed as they are made, in a conversation, by the Runner."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Callable
from typing import Any

import openai
import pytest
from agents import Agent, OpenAIChatCompletionsModel, RunConfig, Runner, SQLiteSession

from adapters.echo.responder import EchoResponder
from domain.ports.responder import Turn
from domain.reply_events import ReplyEvent, TextDelta
from tests.support.lossy_proxy import LossyProxy
from tests.support.service import AGENT_KEY
from tests.support.sockets import connected
from tests.support.word_responder import WordResponder

type NewSdk = Callable[..., openai.OpenAI]

SAID: Any = [{"role": "user", "content": "one two"}]


@pytest.fixture(autouse=True)
def words(words: WordResponder) -> WordResponder:
    """Answer all tests here."""
    return words


def listed(sdk: openai.OpenAI) -> list[str]:
    page: Any = sdk.get("/conversations", cast_to=object)
    return [one["id"] for one in page["data"]]


def texts(sdk: openai.OpenAI, conversation: str) -> list[str]:
    items: Any = sdk.conversations.items.list(conversation, order="asc")
    return [one.content[0].text for one in items]


def test_a_completion_is_asked_for_and_nothing_is_kept(sdk: openai.OpenAI) -> None:
    completion = sdk.chat.completions.create(model="echo", messages=SAID)

    choice = completion.choices[0]
    assert (choice.message.content, choice.finish_reason, completion.object) == ("one two ", "stop", "chat.completion")
    assert listed(sdk) == []


def test_a_stream_is_read_raw_and_by_the_helper(sdk: openai.OpenAI) -> None:
    usage: Any = {"include_usage": True}
    chunks = [*sdk.chat.completions.create(model="echo", messages=SAID, stream=True, stream_options=usage)]
    with sdk.chat.completions.stream(model="echo", messages=SAID) as stream:
        helped = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()

    deltas = [one.choices[0].delta.content for one in chunks]
    assert deltas == ["", "one ", "two ", None]
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert helped == ["", "one ", "two "]
    assert final.choices[0].message.content == "one two "


def test_the_first_words_come_before_the_last_are_made(sdk: openai.OpenAI, words: WordResponder) -> None:
    said: Any = [{"role": "user", "content": "first pause last"}]
    stream = sdk.chat.completions.create(model="echo", messages=said, stream=True)

    first = [next(stream).choices[0].delta.content for _ in range(2)]
    words.release("first pause last")
    rest = [one.choices[0].delta.content for one in stream]

    assert (first, rest) == (["", "first "], ["last ", None])


def test_a_failure_is_an_error_of_the_client(sdk: openai.OpenAI) -> None:
    said: Any = [{"role": "user", "content": "one fail"}]

    with pytest.raises(openai.InternalServerError) as plain:
        sdk.with_options(max_retries=0).chat.completions.create(model="echo", messages=said)
    with pytest.raises(openai.APIError, match="The reply failed") as streamed:
        list(sdk.chat.completions.create(model="echo", messages=said, stream=True))

    assert plain.value.code == streamed.value.code == "responder_failed"


def test_what_cannot_be_had_is_a_bad_request(sdk: openai.OpenAI) -> None:
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": {}}}

    with pytest.raises(openai.BadRequestError) as refused:
        sdk.chat.completions.create(model="echo", messages=SAID, tools=[tool])

    assert (refused.value.param, refused.value.code) == ("tools", "unsupported_parameter")


def test_a_conversation_that_is_named_keeps_the_turn_and_the_reply(sdk: openai.OpenAI) -> None:
    place = sdk.conversations.create().id
    create: Any = sdk.chat.completions.create

    create(model="echo", messages=SAID, extra_headers={"X-Conversation-Id": place})
    stream = create(model="echo", messages=SAID, metadata={"conversation_id": place}, store=True, stream=True)
    streamed = [one.choices[0].delta.content for one in stream]

    assert streamed == ["", "one ", "two ", None]
    assert texts(sdk, place) == ["one two", "one two "] * 2


def test_a_turn_in_a_conversation_goes_on_when_its_client_leaves(sdk: openai.OpenAI, words: WordResponder) -> None:
    place = sdk.conversations.create().id
    said: Any = [{"role": "user", "content": "stay pause here"}]
    with sdk.chat.completions.create(
        model="echo", messages=said, stream=True, extra_headers={"X-Conversation-Id": place}
    ) as stream:
        for _ in range(2):
            next(stream)

    with pytest.raises(openai.BadRequestError) as locked:
        sdk.responses.create(model="echo", input="x", conversation=place)
    words.release("stay pause here")
    reply = sdk.responses.retrieve(f"resp_{place[5:]}00000002", stream=True)

    assert (locked.value.code, locked.value.param) == ("conversation_locked", "conversation")
    assert [one.type for one in reply][-1] == "response.completed"
    assert texts(sdk, place) == ["stay pause here", "stay here "]


def test_anothers_conversation_is_as_a_missing_one(new_sdk: NewSdk) -> None:
    owner, stranger = new_sdk(), new_sdk()
    theirs = owner.conversations.create().id

    def told(place: str) -> object:
        with pytest.raises(openai.NotFoundError) as raised:
            stranger.chat.completions.create(model="echo", messages=SAID, extra_headers={"X-Conversation-Id": place})
        return raised.value.body

    assert told(theirs) == told(f"conv_{'0' * 32}")
    assert texts(owner, theirs) == []


def test_a_lost_answer_is_asked_for_again_unless_it_is_kept(proxy: LossyProxy, impatient: openai.OpenAI) -> None:
    place = impatient.conversations.create().id
    create: Any = impatient.chat.completions.create

    proxy.losses = 1
    answered = create(model="echo", messages=SAID)
    proxy.losses = 1
    with pytest.raises(openai.ConflictError) as refused:
        create(model="echo", messages=SAID, extra_headers={"X-Conversation-Id": place})
    impatient._idempotency_header = "Idempotency-Key"
    proxy.losses = 1
    keyed = create(model="echo", messages=SAID, extra_headers={"X-Conversation-Id": place})

    assert (answered.choices[0].message.content, keyed.choices[0].message.content) == ("one two ", "one two ")
    assert (refused.value.code, proxy.losses) == ("retry_without_key", 0)
    assert texts(impatient, place) == ["one two", "one two "] * 2


@pytest.mark.parametrize("is_stream", [False, True])
def test_an_answer_that_nobody_waits_for_is_not_made_any_more(
    service: str, sdk: openai.OpenAI, monkeypatch: pytest.MonkeyPatch, *, is_stream: bool
) -> None:
    begun, closed = threading.Event(), threading.Event()

    async def reply(_: EchoResponder, __: Turn) -> AsyncGenerator[ReplyEvent, None]:
        try:
            yield TextDelta("on and ")
            begun.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    monkeypatch.setattr(EchoResponder, "reply", reply)
    body = json.dumps({"messages": SAID, "stream": is_stream}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {sdk.api_key}\r\n"
    with connected(service) as connection:
        connection.sendall(
            f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )
        assert begun.wait(20)
        assert not closed.is_set()

    assert closed.wait(20)


async def test_the_agents_sdks_runner_speaks_chat_completions_with_the_service(
    service: str, sdk: openai.OpenAI
) -> None:
    headers = {"X-Agent-Key": AGENT_KEY}
    async with openai.AsyncOpenAI(base_url=f"{service}/v1", api_key=sdk.api_key, default_headers=headers) as client:
        agent = Agent(name="A", instructions="Be brief.", model=OpenAIChatCompletionsModel("echo", client))
        untraced, session = RunConfig(tracing_disabled=True), SQLiteSession("s")

        results = [await Runner.run(agent, text, session=session, run_config=untraced) for text in ("one", "two")]
        streamed = Runner.run_streamed(agent, "three", session=session, run_config=untraced)
        deltas = [text async for event in streamed.stream_events() if (text := delta_of(event))]
        kept = await session.get_items()
        session.close()

    assert [one.final_output for one in [*results, streamed]] == [f"(Be brief.) {n} " for n in ("one", "two", "three")]
    assert deltas == ["(Be brief.) ", "three "]
    assert len(kept) == 6
    assert listed(sdk) == []


def delta_of(event: Any) -> str:
    """The text that an event of a run adds."""
    is_delta = event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
    return event.data.delta if is_delta else ""
