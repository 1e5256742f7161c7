"""An agent whose model is at an endpoint, over real HTTP: both of OpenAI's APIs, whole and broken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import openai
import pytest
from agents import (
    Agent,
    ModelBehaviorError,
    ModelSettings,
    ModelTimeoutError,
    OpenAIResponsesModel,
    function_tool,
)

from adapters.openai_agents.chat_completions import CheckedChatCompletionsModel
from adapters.openai_agents.endpoint import Endpoint, EndpointSettings, WireApi
from adapters.openai_agents.responder import AgentResponder
from domain.identifiers import OwnerId
from domain.model_context import ContextBudget, ModelContext
from domain.ports.responder import Turn
from domain.reply_events import FinishReason, ReplyEvent, ReplyFinished, TextDelta, ToolCallDelta, ToolResult
from tests.support.histories import assistant, kept, result, system, user
from tests.support.openai_frames import Answer, End
from tests.support.openai_stub import KEY, OpenAIStub, openai_stub
from tests.support.strict_provider import refusal

WIRES = pytest.mark.parametrize("wire_api", list(WireApi))
HISTORY = kept(system("be brief"), user("hi"), assistant("Wait.", "x"), result("x"), assistant("Hello."), user("again"))
TURN = Turn(
    owner_id=OwnerId("ann"),
    text="again",
    message=HISTORY[-1],
    context=ModelContext(messages=tuple(one.chat for one in HISTORY), last_seq=len(HISTORY), omitted=0),
)


@function_tool
async def weather(city: str) -> str:
    """The weather."""
    return f"sunny in {city}"


@asynccontextmanager
async def responder(stub: OpenAIStub, wire_api: WireApi | None = None, **more: Any) -> AsyncIterator[AgentResponder]:
    settings = EndpointSettings(
        **{"base_url": stub.base_url, "api_key": KEY, "wire_api": wire_api, "model": "Llama/7B"} | more
    )
    endpoint = Endpoint(settings)
    try:
        yield AgentResponder(Agent(name="A", tools=[weather]), endpoint, ContextBudget())
    finally:
        await endpoint.aclose()


async def events_of(stub: OpenAIStub, wire_api: WireApi | None = None, **more: Any) -> list[ReplyEvent]:
    async with responder(stub, wire_api, **more) as agent:
        return [event async for event in agent.reply(TURN)]


def text_of(events: list[ReplyEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, TextDelta)]


@WIRES
async def test_a_text_is_streamed_as_it_comes_and_tokens_are_counted(wire_api: WireApi) -> None:
    with openai_stub(Answer(texts=["It is", " sunny", "."])) as stub:
        events = await events_of(stub, wire_api)

    assert text_of(events) == ["It is", " sunny", "."]
    assert events[-1] == ReplyFinished(input_tokens=7, output_tokens=3)


@WIRES
async def test_calls_are_answered_and_told_to_the_model(wire_api: WireApi) -> None:
    calls = [("a", "weather", '{"city":"Rome"}'), ("b", "weather", '{"city":"Oslo"}')]

    with openai_stub(Answer(texts=["Let me look."], calls=calls), Answer(texts=["Sunny."])) as stub:
        events = await events_of(stub, wire_api)

    assert [event for event in events if isinstance(event, ToolResult)] == [
        ToolResult("a", "sunny in Rome"),
        ToolResult("b", "sunny in Oslo"),
    ]
    assert ToolCallDelta("a", '{"city"') in events
    assert "sunny in Oslo" in str(stub.requests[1])
    assert events[-1] == ReplyFinished(input_tokens=14, output_tokens=6)


async def test_a_server_that_counts_calls_anew_in_each_answer_is_understood() -> None:
    steps = [Answer(calls=[("x", "weather", '{"city":"Rome"}'), ("x", "weather", '{"city":"Oslo"}')])] * 2

    with openai_stub(*steps, Answer(texts=["Sunny."])) as stub:
        events = await events_of(stub)

    results = [event for event in events if isinstance(event, ToolResult)]
    assert [result.call_id for result in results] == ["x-2", "x-3", "x-4", "x-5"]  # "x" is in the history
    sent = stub.requests[2]["messages"]
    assert refusal(sent) is None
    assert [call["id"] for message in sent for call in message.get("tool_calls", ())] == [
        "x",
        "x-2",
        "x-3",
        "x-4",
        "x-5",
    ]


async def test_chat_completions_get_the_history_as_it_is() -> None:
    with openai_stub(Answer(texts=["Hi."])) as stub:
        await events_of(stub)

    assert [{"content": None, **message} for message in stub.requests[0]["messages"]] == [
        message.to_chat() for message in HISTORY
    ]


async def test_responses_get_the_history_without_ids_that_are_none() -> None:
    with openai_stub(Answer(texts=["Hi."])) as stub:
        await events_of(stub, WireApi.RESPONSES)

    assert [item.get("id") for item in stub.requests[0]["input"]] == [None] * 7
    assert stub.requests[0]["input"][2:4] == [
        {
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Wait.", "annotations": []}],
        },
        {"type": "function_call", "call_id": "x", "name": "f", "arguments": "{}"},
    ]


@WIRES
async def test_the_models_name_is_sent_as_it_was_given(wire_api: WireApi) -> None:
    with openai_stub(Answer(texts=["Hi."])) as stub:
        await events_of(stub, wire_api)

    assert stub.requests[0]["model"] == "Llama/7B"


async def test_an_endpoint_of_somebody_else_is_spoken_to_in_chat_completions() -> None:
    with openai_stub(Answer(texts=["Hi."])) as stub:
        await events_of(stub)

    assert stub.paths == ["/v1/chat/completions"]


@WIRES
async def test_each_request_has_the_headers_of_its_moment(wire_api: WireApi) -> None:
    numbers = iter(["first", "second"])
    with openai_stub(Answer(status=429), Answer(texts=["Hi."])) as stub:
        settings = EndpointSettings(base_url=stub.base_url, api_key=KEY, model="m", wire_api=wire_api)
        endpoint = Endpoint(settings, lambda: {"traceparent": next(numbers)})
        agent = AgentResponder(Agent(name="A"), endpoint, ContextBudget())
        events = [event async for event in agent.reply(TURN)]
        await endpoint.aclose()

    assert text_of(events) == ["Hi."]
    assert [head["traceparent"] for head in stub.heads] == ["first", "second"]


@WIRES
@pytest.mark.parametrize("reason", [FinishReason.LENGTH, FinishReason.CONTENT_FILTER])
async def test_an_answer_that_is_cut_says_why(wire_api: WireApi, reason: FinishReason) -> None:
    with openai_stub(Answer(texts=["It is"], reason=reason.value)) as stub:
        events = await events_of(stub, wire_api)

    assert isinstance(events[-1], ReplyFinished)
    assert (text_of(events), events[-1].reason) == (["It is"], reason)


@WIRES
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_request_that_fails_in_passing_is_sent_again(wire_api: WireApi, status: int) -> None:
    with openai_stub(Answer(status=status), Answer(status=status), Answer(texts=["Hi."])) as stub:
        events = await events_of(stub, wire_api)

    assert (text_of(events), len(stub.requests)) == (["Hi."], 3)


@WIRES
@pytest.mark.parametrize("status", [429, 500])
async def test_a_request_that_keeps_failing_fails_the_reply(wire_api: WireApi, status: int) -> None:
    with openai_stub(*[Answer(status=status)] * 9) as stub, pytest.raises(openai.APIStatusError):
        await events_of(stub, wire_api)

    assert len(stub.requests) == 3


@WIRES
@pytest.mark.parametrize("key", ["another-key", None])
async def test_a_wrong_key_fails_the_reply_and_is_not_tried_again(wire_api: WireApi, key: str | None) -> None:
    with openai_stub(Answer(texts=["Hi."])) as stub, pytest.raises(openai.AuthenticationError):
        await events_of(stub, wire_api, api_key=key)

    assert len(stub.requests) == 1


@WIRES
@pytest.mark.parametrize("end", [End.CLOSED, End.CUT])
async def test_a_stream_that_breaks_off_fails_the_reply_after_what_was_said(wire_api: WireApi, end: End) -> None:
    events: list[ReplyEvent] = []

    with openai_stub(Answer(texts=["It is"], end=end)) as stub:
        async with responder(stub, wire_api) as agent:
            with pytest.raises((ModelBehaviorError, openai.APIConnectionError)):
                events += [event async for event in agent.reply(TURN)]

    assert not any(isinstance(event, ReplyFinished) for event in events)
    assert len(stub.requests) == 1


@WIRES
@pytest.mark.parametrize("end", [End.SILENT, End.ENDLESS])
async def test_a_stream_that_never_ends_is_hung_up_when_the_reply_is_closed(wire_api: WireApi, end: End) -> None:
    with openai_stub(Answer(texts=["It is"], end=end)) as stub:
        async with responder(stub, wire_api) as agent:
            async with aclosing(agent.reply(TURN)) as events:
                first = await anext(events)

            hung_up = await asyncio.to_thread(stub.hung_up.wait, 10)

    assert (first, hung_up) == (TextDelta("It is"), True)


@pytest.mark.parametrize("base_url", [None, "https://api.openai.com/v1"])
@pytest.mark.parametrize("environment", ["", "http://elsewhere.test/v1"])
async def test_openais_own_endpoint_is_spoken_to_in_responses(
    base_url: str | None, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", environment)  # the settings decide, not what the client's library reads
    endpoint = Endpoint(EndpointSettings(base_url=base_url, api_key="k"))

    model = endpoint.get_model("m")

    assert isinstance(model, OpenAIResponsesModel)
    assert str(model._client.base_url) == "https://api.openai.com/v1/"
    await endpoint.aclose()


async def test_an_endpoint_that_is_closed_holds_no_connections() -> None:
    endpoint = Endpoint(EndpointSettings(base_url="http://127.0.0.1:1/v1"))
    model = endpoint.get_model("m")
    assert isinstance(model, CheckedChatCompletionsModel)

    await endpoint.aclose()

    assert model._client.is_closed()


@WIRES
async def test_an_agent_may_wait_less_long_for_its_model(wire_api: WireApi) -> None:
    with openai_stub(Answer(texts=["It is"], end=End.SILENT)) as stub:
        endpoint = Endpoint(EndpointSettings(base_url=stub.base_url, api_key=KEY, model="m", wire_api=wire_api))
        agent = Agent[Turn](name="A", model_settings=ModelSettings(timeout=0.2))
        with pytest.raises(ModelTimeoutError):
            _ = [event async for event in AgentResponder(agent, endpoint, ContextBudget()).reply(TURN)]

        assert await asyncio.to_thread(stub.hung_up.wait, 10)
        await endpoint.aclose()


async def test_an_endpoint_that_is_away_fails_the_reply() -> None:
    with openai_stub() as stub:
        pass

    with pytest.raises(openai.APIConnectionError):
        await events_of(stub)
