"""The agent responder: an agent of the OpenAI Agents SDK answers users' turns."""

import asyncio
from collections.abc import AsyncGenerator
from typing import cast, override

from agents import (
    Agent,
    AgentsException,
    InputGuardrailTripwireTriggered,
    MaxTurnsExceeded,
    ModelBehaviorError,
    ModelProvider,
    ModelRefusalError,
    OutputGuardrailTripwireTriggered,
    RunConfig,
    Runner,
    RunResultStreaming,
    StreamEvent,
)

from adapters.openai_agents.items import input_items
from adapters.openai_agents.reading import RunReader
from domain.identifiers import format_conversation_id
from domain.model_context import ContextBudget
from domain.ports.responder import Responder, Turn
from domain.reply_events import FinishReason, ReplyEvent, ReplyFinished


class AgentResponder(Responder):
    """Runs an agent for each turn; the turn is the context that the agent's tools get.

    The agent's input is the turn's context: no session of the SDK keeps a second history.
    """

    def __init__(
        self, agent: Agent[Turn], models: ModelProvider, budget: ContextBudget, *, is_traced: bool = False
    ) -> None:
        """``models`` has the models that agents name. ``is_traced``: what is said goes to the SDK's tracing."""
        self.budget = budget
        self._agent = agent
        self._models = models
        self._is_traced = is_traced

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        reader = RunReader()
        run = self._start(turn)
        events = cast("AsyncGenerator[StreamEvent, None]", run.stream_events())
        try:
            async for event in events:
                for reply_event in reader.read(event):
                    yield reply_event
        except AgentsException as error:
            reason = _reason_of(error, reader)
            if reason is None:
                raise
            unsaid = error.refusal if isinstance(error, ModelRefusalError) else ""
        else:
            reason = FinishReason.TOOL_CALLS if run.interruptions else reader.cut or FinishReason.STOP
            unsaid = "" if reader.said or run.final_output is None else str(run.final_output)
        finally:
            await _close(run, events)
        for reply_event in reader.say(unsaid):
            yield reply_event
        usage = run.context_wrapper.usage
        yield ReplyFinished(
            reason=reason,
            input_tokens=usage.input_tokens if usage.total_tokens else None,
            output_tokens=usage.output_tokens if usage.total_tokens else None,
        )

    def _start(self, turn: Turn) -> RunResultStreaming:
        messages = turn.context.messages if turn.context else (turn.message.chat,)
        config = RunConfig(
            model_provider=self._models,
            tracing_disabled=not self._is_traced,
            group_id=format_conversation_id(turn.message.conversation_id),  # also the key of OpenAI's prompt cache
        )
        return Runner.run_streamed(self._agent, input_items(messages), context=turn, run_config=config)


def _reason_of(error: AgentsException, reader: RunReader) -> FinishReason | None:
    """Why a run that raised this is at its end; None if it failed."""
    match error:
        case MaxTurnsExceeded():
            return FinishReason.LENGTH
        case InputGuardrailTripwireTriggered() | OutputGuardrailTripwireTriggered() | ModelRefusalError():
            return FinishReason.CONTENT_FILTER
        case ModelBehaviorError():
            return reader.cut
        case _:
            return None


async def _close(run: RunResultStreaming, events: AsyncGenerator[StreamEvent, None]) -> None:
    """End the run, whether it is whole or not, and wait for its tasks."""
    run.cancel()
    await events.aclose()
    if run.run_loop_task:
        await asyncio.wait({run.run_loop_task})
