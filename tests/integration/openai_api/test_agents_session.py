"""The Agents SDK's own OpenAIConversationsSession, with its Runner, against the service."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import openai
import pytest
from agents import Agent, OpenAIConversationsSession, RunConfig, Runner, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call

from tests.support.service import AGENT_KEY

UNTRACED = RunConfig(tracing_disabled=True)


@function_tool
async def weather(city: str) -> str:
    """The weather."""
    return f"sunny in {city}"


@pytest.fixture
async def sdk(service: str, new_token_here: str) -> AsyncIterator[openai.AsyncOpenAI]:
    headers = {"X-Agent-Key": AGENT_KEY}
    async with openai.AsyncOpenAI(base_url=f"{service}/v1", api_key=new_token_here, default_headers=headers) as client:
        yield client


@pytest.fixture
def new_token_here(new_token: Callable[[], str]) -> str:
    """A session's token; the fixture that signs in runs an event loop of its own."""
    return new_token()


def kinds(items: list[Any]) -> list[str]:
    return [one.get("role") or one["type"] for one in items]


def said(items: list[Any]) -> list[str]:
    return [part["text"] for one in items for part in one.get("content") or []]


async def test_a_run_with_tools_is_kept_and_the_next_run_goes_on(sdk: openai.AsyncOpenAI) -> None:
    call_both = [function_call("weather", {"city": city}, call_id=f"call_{city}") for city in ("Rome", "Oslo")]
    model = ScriptedModel([call_both, [assistant_message("Sunny in both.")], [assistant_message("You are welcome.")]])
    agent = Agent(name="A", model=model, tools=[weather])
    session = OpenAIConversationsSession(openai_client=sdk)

    await Runner.run(agent, "Weather?", session=session, run_config=UNTRACED)
    again = OpenAIConversationsSession(openai_client=sdk, conversation_id=session.session_id)
    await Runner.run(agent, "Thanks!", session=again, run_config=UNTRACED)

    items: list[Any] = [*await again.get_items()]
    assert kinds(items) == [
        "user",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
        "assistant",
        "user",
        "assistant",
    ]
    assert said(items) == ["Weather?", "Sunny in both.", "Thanks!", "You are welcome."]
    assert [one["output"] for one in items if "output" in one] == ["sunny in Rome", "sunny in Oslo"]
    model.assert_complete()


async def test_items_are_taken_back_and_a_session_is_cleared(sdk: openai.AsyncOpenAI) -> None:
    session = OpenAIConversationsSession(openai_client=sdk)
    items: list[Any] = [{"role": "user", "content": f"text {n}"} for n in range(45)]
    await session.add_items(items)

    first = session.session_id
    newest = await session.get_items(3)
    popped = await session.pop_item()
    left: list[Any] = [*await session.get_items()]
    await session.clear_session()

    assert said([*newest]) == ["text 42", "text 43", "text 44"]
    assert said([popped]) == ["text 44"]
    assert said(left) == [f"text {n}" for n in range(44)]
    with pytest.raises(openai.NotFoundError):
        await sdk.conversations.retrieve(first)
    assert await session.get_items() == []


async def test_a_rewind_pops_call_and_output_one_by_one(sdk: openai.AsyncOpenAI) -> None:
    session = OpenAIConversationsSession(openai_client=sdk)
    turn: list[Any] = [
        {"role": "user", "content": "Weather?"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
        {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "sun"},
    ]
    await session.add_items(turn)

    popped: list[Any] = [await session.pop_item() for _ in range(5)]

    assert [one and one.get("type") for one in popped] == [
        "function_call_output",
        "function_call",
        "reasoning",
        "message",
        None,
    ]
