"""Agents whose model follows a script, and what comes of a turn that one of them answers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from agents import Agent
from agents.models.multi_provider import MultiProvider
from agents.testing import ModelStep, ScriptedModel, assistant_message
from openai.types.responses import Response, ResponseCompletedEvent, ResponseIncompleteEvent, ResponseTextDeltaEvent
from openai.types.responses.response import IncompleteDetails

from adapters.openai_agents.responder import AgentResponder
from domain.identifiers import OwnerId
from domain.message import Message, NewMessage
from domain.model_context import ContextBudget, ModelContext
from domain.ports.responder import Turn
from domain.reply_draft import ReplyDraft
from domain.reply_events import FinishReason, ReplyEvent, ReplyFinished, TextDelta
from tests.support.histories import kept, user


def turn_of(*history: NewMessage) -> Turn:
    """The turn of a conversation whose last message is the user's."""
    messages = kept(*history)
    context = ModelContext(messages=tuple(one.chat for one in messages), last_seq=len(messages), omitted=0)
    return Turn(owner_id=OwnerId("ann"), text="hello", message=messages[-1], context=context)


TURN = turn_of(user())


@dataclass
class Outcome:
    """What a responder told, and what is kept of it, as the service keeps it."""

    events: list[ReplyEvent] = field(default_factory=list)
    error: BaseException | None = None
    kept: list[NewMessage] = field(default_factory=list)
    draft: ReplyDraft = field(default_factory=ReplyDraft)

    def add(self, event: ReplyEvent) -> None:
        """Take an event, if it follows from those before it."""
        end = self.draft.add(event)
        self.events.append(event)
        if end is not None:
            self.kept += [end.message, *end.results]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def messages(self) -> Sequence[Any]:
        return [_shown(message) for message in kept(*self.kept)]


def _shown(message: Message) -> tuple[str, str, Any]:
    calls = message.tool_calls.value if message.tool_calls else ()
    said = [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in calls]
    return message.role.value, message.status.value, said or (message.content and message.content.value)


def responder_of(agent: Agent[Any], **options: Any) -> AgentResponder:
    return AgentResponder(agent, MultiProvider(), ContextBudget(), **options)


async def answer(agent: Agent[Any], turn: Turn = TURN) -> Outcome:
    """Let the agent answer the turn; each event has to follow from those before it."""
    outcome = Outcome()
    try:
        async with aclosing(responder_of(agent).reply(turn)) as events:
            async for event in events:
                outcome.add(event)
    except Exception as error:  # noqa: BLE001 - the outcome tells which
        outcome.error = error
        outcome.add(ReplyFinished(reason=FinishReason.FAILED))
    return outcome


def agent_of(*steps: Any, **options: Any) -> Agent[Any]:
    """An agent whose model answers as scripted, a step for each call."""
    return Agent(name="A", model=ScriptedModel(steps), **options)


def delta(text: str) -> ResponseTextDeltaEvent:
    return ResponseTextDeltaEvent(
        type="response.output_text.delta",
        delta=text,
        content_index=0,
        item_id="m",
        output_index=0,
        sequence_number=0,
        logprobs=[],
    )


def response_of(*output: Any, reason: Any = None) -> Response:
    return Response(
        id="r",
        object="response",
        created_at=0,
        model="m",
        output=list(output),
        parallel_tool_calls=True,
        tool_choice="auto",
        tools=[],
        incomplete_details=IncompleteDetails(reason=reason) if reason else None,
    )


def completed(*output: Any, reason: Any = None) -> ResponseCompletedEvent:
    response = response_of(*output, reason=reason)
    return ResponseCompletedEvent(type="response.completed", response=response, sequence_number=9)


def speaking(*pieces: str) -> ModelStep:
    """A model that says these pieces."""
    return ModelStep.stream([*map(delta, pieces), completed(assistant_message("".join(pieces)))])


def incomplete(reason: str, *output: Any) -> ResponseIncompleteEvent:
    response = response_of(*output, reason=reason)
    return ResponseIncompleteEvent(type="response.incomplete", response=response, sequence_number=9)


def hanging(closed: asyncio.Event, *texts: str) -> ModelStep:
    """A model that says this and then nothing, for ever; ``closed`` is set once its stream is closed."""

    async def stream(_: Any) -> AsyncIterator[Any]:
        try:
            for text in texts:
                yield delta(text)
            await asyncio.Event().wait()
        finally:
            closed.set()

    return ModelStep.stream(stream)
