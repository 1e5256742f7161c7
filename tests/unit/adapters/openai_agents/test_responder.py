"""What a run of the Agents SDK becomes: the events of a reply, and the messages that are kept of it."""

import asyncio
import logging
from typing import Any

import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrail,
    LocalShellTool,
    ModelBehaviorError,
    OutputGuardrail,
    RunContextWrapper,
    Usage,
    UserError,
    WebSearchTool,
    function_tool,
)
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call
from openai.types.responses import ResponseFunctionWebSearch, ResponseOutputItemAddedEvent, ResponseReasoningItem
from openai.types.responses.response_function_web_search import ActionSearch
from openai.types.responses.response_output_item import LocalShellCall, LocalShellCallAction
from openai.types.responses.response_output_message import ResponseOutputMessage
from openai.types.responses.response_output_refusal import ResponseOutputRefusal
from openai.types.responses.response_reasoning_item import Summary

from domain.errors import RuleViolationError
from domain.ports.responder import Turn
from domain.reply_events import (
    FinishReason,
    ReasoningDelta,
    ReplyFinished,
    StepFinished,
    TextDelta,
    ToolCallDelta,
    ToolCallReady,
    ToolCallStarted,
    ToolResult,
)
from tests.support.histories import assistant, result, system, user
from tests.support.scripted_agents import (
    agent_of,
    answer,
    completed,
    delta,
    incomplete,
    speaking,
    turn_of,
)


@function_tool
async def weather(city: str) -> str:
    """The weather."""
    return f"sunny in {city}"


@function_tool
async def broken(city: str) -> str:
    """Fails."""
    raise OSError(city)


@function_tool(failure_error_function=None)
async def fatal(city: str) -> str:
    """Fails the run."""
    raise OSError(city)


@function_tool(needs_approval=True)
async def delete(city: str) -> str:
    """Waits for somebody's approval."""
    return city


def calling(name: str, call_id: str = "a") -> Any:
    return function_call(name, {"city": "Rome"}, call_id=call_id)


def ended(outcome: Any) -> FinishReason:
    finished = outcome.events[-1]
    assert isinstance(finished, ReplyFinished)
    return finished.reason


async def test_a_text_comes_in_the_models_own_pieces() -> None:
    pieces = ["It is", " sunny", "."]

    outcome = await answer(agent_of(speaking(*pieces)))

    assert outcome.events == [*map(TextDelta, pieces), ReplyFinished()]


async def test_the_counts_of_tokens_are_those_of_all_calls_of_the_model() -> None:
    usage = Usage(requests=1, input_tokens=10, output_tokens=2, total_tokens=12)
    steps = [ModelStep(output=[calling("weather")], usage=usage), ModelStep([assistant_message("Sunny.")], usage)]

    outcome = await answer(agent_of(*steps, tools=[weather]))

    assert outcome.events[-1] == ReplyFinished(input_tokens=20, output_tokens=4)


async def test_calls_and_their_results_are_told_and_kept() -> None:
    steps = [[assistant_message("Let me look."), calling("weather")], [assistant_message("Sunny.")]]

    outcome = await answer(agent_of(*steps, tools=[weather]))

    assert outcome.events == [
        TextDelta("Let me look."),
        ToolCallStarted("a", "weather"),
        ToolCallDelta("a", '{"city":"Rome"}'),
        ToolCallReady("a"),
        ToolResult("a", "sunny in Rome"),
        StepFinished(),
        TextDelta("Sunny."),
        ReplyFinished(),
    ]
    assert outcome.messages[1:] == [
        ("tool", "completed", "sunny in Rome"),
        ("assistant", "completed", "Sunny."),
    ]


async def test_parallel_calls_make_one_step() -> None:
    steps = [
        [calling("weather", "a"), calling("weather", "b")],
        [calling("weather", "c")],
        [assistant_message("Done.")],
    ]

    outcome = await answer(agent_of(*steps, tools=[weather]))

    assert [message[0] for message in outcome.messages] == [
        "assistant",
        "tool",
        "tool",
        "assistant",
        "tool",
        "assistant",
    ]
    assert [call[0] for call in outcome.messages[0][2]] == ["a", "b"]


async def test_a_server_that_streams_nothing_is_told_all_the_same() -> None:
    responses = [
        completed(assistant_message("Let me look."), calling("weather", "a")),
        completed(assistant_message("Again."), calling("weather", "b")),
        completed(assistant_message("Sunny.")),
    ]

    outcome = await answer(agent_of(*(ModelStep.stream([one]) for one in responses), tools=[weather]))

    assert outcome.text == "Let me look.Again.Sunny."
    assert [call for message in outcome.messages for call in message[2] if message[0] == "assistant"][:1] == [
        ("a", "weather", '{"city":"Rome"}')
    ]


async def test_a_call_without_arguments_has_an_empty_object() -> None:
    @function_tool
    async def now() -> str:
        """The time."""
        return "noon"

    outcome = await answer(agent_of([function_call("now", "", call_id="a")], [assistant_message("Noon.")], tools=[now]))

    assert outcome.messages[0] == ("assistant", "completed", [("a", "now", "{}")])


async def test_reasoning_is_told_and_not_kept() -> None:
    thought = ResponseReasoningItem(id="r", type="reasoning", summary=[Summary(text="Hm.", type="summary_text")])

    outcome = await answer(agent_of([thought, assistant_message("Yes.")]))

    assert ReasoningDelta("Hm.") in outcome.events
    assert outcome.messages == [("assistant", "completed", "Yes.")]


async def test_what_a_provider_runs_itself_is_left_out() -> None:
    search = ResponseFunctionWebSearch(
        id="ws", type="web_search_call", status="completed", action=ActionSearch(type="search", query="q")
    )

    step = ModelStep.stream([completed(search, assistant_message("Found."))])

    outcome = await answer(agent_of(step, tools=[WebSearchTool()]))

    assert outcome.events == [TextDelta("Found."), ReplyFinished()]


async def test_the_context_is_the_agents_input_and_the_turn_its_context() -> None:
    seen: list[Any] = []

    @function_tool
    async def who(context: RunContextWrapper[Turn]) -> str:
        """Who asks."""
        seen.append(context.context)
        return str(context.context.owner_id)

    history = turn_of(
        system("be brief"), user("hi"), assistant("", "x"), result("x"), assistant("hello"), user("again")
    )
    model = ScriptedModel([[function_call("who", "{}", call_id="a")], [assistant_message("Ann.")]])
    agent = Agent[Any](name="A", instructions="You are A.", model=model, tools=[who])

    outcome = await answer(agent, history)

    assert seen == [history]
    assert outcome.messages[1] == ("tool", "completed", "ann")
    assert model.first_call is not None
    assert model.first_call.system_instructions == "You are A."
    assert [item.get("role", item.get("type")) for item in model.first_call.input] == [
        "system",
        "user",
        "assistant",
        "function_call",
        "function_call_output",
        "assistant",
        "user",
    ]


async def test_a_tool_that_fails_tells_the_model_so() -> None:
    outcome = await answer(agent_of([calling("broken")], [assistant_message("Sorry.")], tools=[broken]))

    assert ended(outcome) is FinishReason.STOP
    assert "error" in outcome.messages[1][2].lower()


async def test_nothing_that_is_said_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    @function_tool
    async def leaky(city: str) -> str:
        """Fails, and tells all."""
        raise OSError(f"zqcanaryqz {city}")

    calls = [
        function_call("leaky", {"city": "zqcanaryqz"}, call_id="a"),
        function_call("leaky", "zqcanaryqz", call_id="b"),
    ]
    with caplog.at_level(logging.INFO):
        outcome = await answer(agent_of(calls, OSError("zqcanaryqz"), tools=[leaky]), turn_of(user("zqcanaryqz")))

    assert len(outcome.messages) == 4
    assert "zqcanaryqz" not in caplog.text


async def test_a_tool_that_fails_the_run_fails_the_reply_and_leaves_its_call_open() -> None:
    outcome = await answer(agent_of([assistant_message("Wait."), calling("fatal")], tools=[fatal]))

    assert isinstance(outcome.error, UserError | OSError)
    assert outcome.messages == [("assistant", "incomplete", [("a", "fatal", '{"city":"Rome"}')])]


async def test_what_a_tool_of_another_kind_does_is_left_out() -> None:
    command = LocalShellCallAction(type="exec", command=["ls"], env={})
    call = LocalShellCall(id="s", call_id="s", type="local_shell_call", status="completed", action=command)
    steps = [ModelStep.stream([completed(call)]), [assistant_message("Done.")]]

    outcome = await answer(agent_of(*steps, tools=[LocalShellTool(executor=lambda _: "README.md")]))

    assert outcome.events == [TextDelta("Done."), ReplyFinished()]


async def test_a_tool_that_the_agent_does_not_have_fails_the_reply() -> None:
    outcome = await answer(agent_of([calling("nothing")]))

    assert isinstance(outcome.error, ModelBehaviorError)


async def test_a_handoff_is_a_call_and_the_next_agent_answers() -> None:
    other = Agent[Any](name="Other", model=ScriptedModel([[assistant_message("I am the other.")]]))
    first = [function_call("transfer_to_other", "{}", call_id="a")]

    outcome = await answer(agent_of(first, handoffs=[other]))

    assert [message[:2] for message in outcome.messages] == [
        ("assistant", "completed"),
        ("tool", "completed"),
        ("assistant", "completed"),
    ]
    assert outcome.text == "I am the other."


async def test_a_call_that_waits_for_approval_is_left_to_somebody_else() -> None:
    outcome = await answer(agent_of([assistant_message("May I?"), calling("delete")], tools=[delete]))

    assert ended(outcome) is FinishReason.TOOL_CALLS
    assert outcome.messages == [("assistant", "completed", [("a", "delete", '{"city":"Rome"}')])]


async def test_a_step_of_which_one_call_waits_for_approval_breaks_the_reply_off_with_all_it_has() -> None:
    outcome = await answer(agent_of([calling("weather", "a"), calling("delete", "b")], tools=[weather, delete]))

    assert isinstance(outcome.error, RuleViolationError)
    assert [call[0] for call in outcome.messages[0][2]] == ["a", "b"]
    assert outcome.messages[1:] == [("tool", "completed", "sunny in Rome")]


async def test_a_tool_whose_output_is_the_answer_has_the_last_word() -> None:
    agent = agent_of([calling("weather")], tools=[weather], tool_use_behavior="stop_on_first_tool")

    outcome = await answer(agent)

    assert outcome.messages[1:] == [("tool", "completed", "sunny in Rome"), ("assistant", "completed", "sunny in Rome")]


def tripping(*_: Any) -> GuardrailFunctionOutput:
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)


@pytest.mark.parametrize(
    "guardrail",
    [
        {"input_guardrails": [InputGuardrail(tripping)]},
        {"output_guardrails": [OutputGuardrail(tripping)]},
    ],
)
async def test_a_guardrail_ends_the_reply_as_filtered(guardrail: dict[str, Any]) -> None:
    outcome = await answer(agent_of([assistant_message("Yes.")], **guardrail))

    assert ended(outcome) is FinishReason.CONTENT_FILTER
    assert [message[:2] for message in outcome.messages] == [("assistant", "incomplete")]


async def test_a_guardrail_that_trips_while_a_tool_runs_keeps_the_result() -> None:
    started, tripped = asyncio.Event(), asyncio.Event()

    @function_tool
    async def slow() -> str:
        """Ends after the guardrail."""
        started.set()
        await tripped.wait()
        return "done"

    async def late(*_: Any) -> GuardrailFunctionOutput:
        await started.wait()
        tripped.set()
        return tripping()

    calls = [function_call("slow", "{}", call_id="a")]
    outcome = await answer(agent_of(calls, tools=[slow], input_guardrails=[InputGuardrail(late)]))

    assert ended(outcome) is FinishReason.CONTENT_FILTER
    assert outcome.messages == [
        ("assistant", "completed", [("a", "slow", "{}")]),
        ("tool", "completed", "done"),
        ("assistant", "incomplete", ""),
    ]


async def test_a_refusal_is_said_and_ends_the_reply_as_filtered() -> None:
    refusal = ResponseOutputMessage(
        id="m",
        type="message",
        role="assistant",
        status="completed",
        content=[ResponseOutputRefusal(type="refusal", refusal="I can't.")],
    )
    step = ModelStep.stream([delta("No. "), completed(refusal)])

    outcome = await answer(agent_of(step))

    assert outcome.text == "No. I can't."
    assert ended(outcome) is FinishReason.CONTENT_FILTER


async def test_an_agent_that_goes_on_for_too_long_is_cut() -> None:
    steps = [[calling("weather", f"call-{number}")] for number in range(20)]

    outcome = await answer(agent_of(*steps, tools=[weather]))

    assert ended(outcome) is FinishReason.LENGTH
    assert outcome.messages[-1] == ("assistant", "incomplete", "")


@pytest.mark.parametrize(
    ("reason", "ends"),
    [("max_output_tokens", FinishReason.LENGTH), ("content_filter", FinishReason.CONTENT_FILTER)],
)
async def test_a_response_that_its_provider_cuts_ends_the_reply(reason: str, ends: FinishReason) -> None:
    outcome = await answer(agent_of(ModelStep.stream([delta("It is"), incomplete(reason)])))

    assert ended(outcome) is ends
    assert outcome.messages == [("assistant", "incomplete", "It is")]


async def test_chat_completions_that_are_cut_end_the_reply() -> None:
    step = ModelStep.stream([delta("It"), completed(assistant_message("It"), reason="max_output_tokens")])

    outcome = await answer(agent_of(step))

    assert ended(outcome) is FinishReason.LENGTH


async def test_a_model_that_fails_fails_the_reply_after_what_it_said() -> None:
    async def failing(_: Any) -> Any:
        yield delta("It is")
        raise OSError

    outcome = await answer(agent_of(ModelStep.stream(failing)))

    assert isinstance(outcome.error, OSError)


async def test_a_call_that_is_cut_is_not_kept() -> None:
    call = function_call("weather", '{"ci', call_id="a")
    added = ResponseOutputItemAddedEvent(
        type="response.output_item.added", item=call, output_index=1, sequence_number=1
    )
    step = ModelStep.stream([delta("Let me look."), added, incomplete("max_output_tokens", call)])

    outcome = await answer(agent_of(step, tools=[weather]))

    assert ended(outcome) is FinishReason.LENGTH
    assert outcome.messages == [("assistant", "incomplete", "Let me look.")]


async def test_a_step_that_was_cut_says_nothing_of_a_later_failure() -> None:
    first = ModelStep.stream([completed(calling("weather"), reason="max_output_tokens")])

    outcome = await answer(agent_of(first, ModelStep.stream([delta("It is")]), tools=[weather]))

    assert isinstance(outcome.error, ModelBehaviorError)


async def test_a_model_that_ends_without_a_response_fails_the_reply() -> None:
    outcome = await answer(agent_of(ModelStep.stream([delta("It is")])))

    assert isinstance(outcome.error, ModelBehaviorError)
    assert outcome.messages == [("assistant", "incomplete", "It is")]
