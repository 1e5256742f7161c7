"""What a reply leaves behind, whole or closed early: no task, no open stream, no trace."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from typing import Any, override

import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrail,
    Span,
    Tool,
    Trace,
    function_tool,
    set_trace_processors,
)
from agents.testing import ModelStep, assistant_message, function_call
from agents.tracing import TracingProcessor

from domain.reply_events import ReplyEvent, TextDelta, ToolCallReady
from tests.support.scripted_agents import TURN, agent_of, completed, delta, hanging, responder_of

type Reply = AsyncGenerator[ReplyEvent, None]


def reply_of(agent: Agent[Any]) -> Reply:
    return responder_of(agent).reply(TURN)


async def up_to(reply: Reply, last: ReplyEvent) -> None:
    async for event in reply:
        if event == last:
            return
    raise AssertionError("the reply has ended before")


def never_ending(started: asyncio.Event, closed: asyncio.Event) -> Tool:
    @function_tool
    async def slow() -> str:
        """Never ends."""
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            closed.set()
        return ""

    return slow


def tasks_now() -> set[Any]:
    gc.collect()  # a task that was forgotten would complain
    return asyncio.all_tasks()


async def test_a_reply_that_is_closed_while_the_model_speaks_closes_the_models_stream() -> None:
    before = tasks_now()
    closed = asyncio.Event()
    reply = reply_of(agent_of(hanging(closed, "It is")))
    await up_to(reply, TextDelta("It is"))

    await reply.aclose()

    assert closed.is_set()
    assert tasks_now() == before


async def test_a_reply_that_is_closed_between_two_pieces_is_closed_as_well() -> None:
    before = tasks_now()
    closed = asyncio.Event()
    reply = reply_of(agent_of(hanging(closed, "It", " is", " sunny")))
    await up_to(reply, TextDelta("It"))

    await reply.aclose()

    assert closed.is_set()
    assert tasks_now() == before


async def test_a_reply_that_is_closed_while_a_tool_runs_cancels_the_tool() -> None:
    before = tasks_now()
    started, closed = asyncio.Event(), asyncio.Event()
    slow = never_ending(started, closed)
    reply = reply_of(agent_of([function_call("slow", "{}", call_id="a")], tools=[slow]))
    await up_to(reply, ToolCallReady("a"))
    await started.wait()

    await reply.aclose()

    assert closed.is_set()
    assert tasks_now() == before


async def test_a_reply_that_is_closed_while_a_guardrail_thinks_cancels_the_guardrail() -> None:
    before = tasks_now()
    started, closed = asyncio.Event(), asyncio.Event()

    async def slow(*_: Any) -> GuardrailFunctionOutput:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            closed.set()
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)

    agent = agent_of(hanging(asyncio.Event(), "It is"), input_guardrails=[InputGuardrail(slow)])
    reply = reply_of(agent)
    await up_to(reply, TextDelta("It is"))
    await started.wait()

    await reply.aclose()

    assert closed.is_set()
    assert tasks_now() == before


async def test_a_task_that_is_cancelled_while_it_waits_for_the_model_ends_the_run() -> None:
    before = tasks_now()
    closed, said = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        async for _ in reply_of(agent_of(hanging(closed, "It is"))):
            said.set()

    task = asyncio.create_task(read())
    await said.wait()

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed.is_set()
    assert tasks_now() == before


async def test_a_task_that_is_cancelled_while_a_tool_runs_waits_for_its_end() -> None:
    before = tasks_now()
    started, closed = asyncio.Event(), asyncio.Event()
    slow = never_ending(started, closed)

    async def read() -> None:
        async for _ in reply_of(agent_of([function_call("slow", "{}", call_id="a")], tools=[slow])):
            pass

    task = asyncio.create_task(read())
    await started.wait()

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed.is_set()
    assert tasks_now() == before


async def test_a_reply_that_is_closed_before_it_begins_runs_nothing() -> None:
    agent = agent_of([assistant_message("Hello.")])
    reply = reply_of(agent)

    await reply.aclose()

    assert agent.model.calls == ()  # type: ignore[union-attr]  # it is scripted


async def test_a_whole_reply_leaves_nothing() -> None:
    before = tasks_now()
    async for _ in reply_of(agent_of(ModelStep.stream([delta("Hi"), completed(assistant_message("Hi"))]))):
        pass

    assert tasks_now() == before


class Traces(TracingProcessor):
    """Takes what is traced."""

    def __init__(self) -> None:
        self.names: list[str] = []

    @override
    def on_trace_start(self, trace: Trace) -> None:
        self.names.append(trace.name)

    @override
    def on_trace_end(self, trace: Trace) -> None: ...

    @override
    def on_span_start(self, span: Span[Any]) -> None: ...

    @override
    def on_span_end(self, span: Span[Any]) -> None: ...

    @override
    def shutdown(self) -> None: ...

    @override
    def force_flush(self) -> None: ...


@pytest.mark.parametrize("is_traced", [False, True])
async def test_nothing_is_traced_unless_it_is_asked_for(is_traced: bool) -> None:  # noqa: FBT001 - a parameter
    traces = Traces()
    set_trace_processors([traces])
    try:
        async for _ in responder_of(agent_of([assistant_message("Hi")]), is_traced=is_traced).reply(TURN):
            pass
    finally:
        set_trace_processors([])

    assert bool(traces.names) is is_traced
