"""Messages that nobody keeps are answered: from these alone, until the answer ends or nobody reads it any more."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import override

import pytest

from application.answer_messages import UnkeptReply
from application.reply_writer import ReplyTiming
from application.running_replies import RunningReplies
from domain.errors import (
    CallNotOpenError,
    ContextTooLongError,
    OverloadedError,
    RoleNotAllowedError,
    RuleViolationError,
)
from domain.identifiers import OwnerId
from domain.message import NewMessage
from domain.model_context import ContextBudget
from domain.pages import ConversationWindow
from domain.ports.responder import Turn
from domain.principal import Principal
from domain.reply_events import FinishReason, ReplyEvent, ReplyFinished, TextDelta
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.others import ScriptedResponder
from tests.support.histories import NOW, assistant, calls, result, system, user

ANN = Principal(owner_id=OwnerId("ann"))
AGENT = Principal.agent(on_behalf_of="ann")


def answer(world: FakeWorld, *messages: NewMessage, principal: Principal = AGENT) -> UnkeptReply:
    return world.application.answer_messages(principal, messages, at=NOW)


async def told(reply: UnkeptReply) -> Sequence[ReplyEvent]:
    async with aclosing(reply.events) as events:
        return [event async for event in events]


def with_budget(budget: ContextBudget) -> FakeWorld:
    world = FakeWorld()
    world.responder.budget = budget
    return world


async def test_a_users_messages_are_answered_and_nothing_is_kept() -> None:
    world = FakeWorld()

    first, second = (answer(world, user("one"), user("two"), principal=ANN) for _ in range(2))

    assert await told(first) == await told(second) == [TextDelta("Hi "), TextDelta("there"), ReplyFinished()]
    assert first.address != second.address
    turn = world.responder.turns[0]
    assert (turn.owner_id, turn.text, turn.message.created_at, turn.context) == ("ann", "two", NOW, None)
    page = await world.application.list_conversations(ANN, ConversationWindow(limit=1))
    assert page.conversations == ()


async def test_a_model_gets_all_messages_and_no_call_without_a_result() -> None:
    world = with_budget(ContextBudget())

    talk = [user("a"), calls("x", "y"), result("y"), assistant("b"), user("c"), calls("z"), result("z")]
    await told(world.application.answer_messages(AGENT, talk, at=NOW, instructions="Be brief."))

    (turn,) = world.responder.turns
    assert turn.context is not None
    roles = ["system", "user", "assistant", "tool", "tool", "assistant", "user", "assistant", "tool"]
    assert [one.role.value for one in turn.context.messages] == roles
    assert [one.tool_call_id for one in turn.context.messages if one.tool_call_id] == ["y", "x", "z"]
    assert (turn.text, turn.instructions, turn.context.omitted) == ("42", "Be brief.", 0)


@pytest.mark.parametrize("budget", [ContextBudget(max_messages=2), ContextBudget(max_tokens=30)])
async def test_messages_beyond_the_budget_are_refused_instead_of_left_out(budget: ContextBudget) -> None:
    world = with_budget(budget)

    with pytest.raises(ContextTooLongError) as raised:
        answer(world, user("a" * 10), assistant("b" * 10), user("c" * 10))

    assert raised.value.field == "messages"
    assert world.responder.turns == []


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        ((), "messages"),
        ((system(), assistant()), "messages"),
        ((user(), calls("a", "b"), result("a")), "messages"),
        ([user()] * 101, "messages"),
        ((user(), calls("a"), calls("a")), "messages[2].tool_calls"),
    ],
)
async def test_messages_that_make_no_turn_are_refused(messages: Sequence[NewMessage], field: str) -> None:
    with pytest.raises(RuleViolationError) as raised:
        answer(FakeWorld(), *messages)

    assert raised.value.field == field


async def test_a_result_without_a_call_is_refused() -> None:
    with pytest.raises(CallNotOpenError):
        answer(FakeWorld(), user(), result("a"))


@pytest.mark.parametrize("forged", [system(), assistant()])
async def test_a_session_alone_says_what_its_user_says(forged: NewMessage) -> None:
    with pytest.raises(RoleNotAllowedError):
        answer(FakeWorld(), forged, user(), principal=ANN)


async def test_instructions_are_bounded_as_a_message_is() -> None:
    with pytest.raises(RuleViolationError) as raised:
        FakeWorld().application.answer_messages(ANN, [user()], at=NOW, instructions=" ")

    assert raised.value.field == "instructions"


async def test_no_answer_begins_where_too_many_replies_run() -> None:
    with pytest.raises(OverloadedError):
        answer(FakeWorld(replies=RunningReplies(most=0)), user())


async def test_a_responder_that_fails_ends_the_answer_after_what_it_said() -> None:
    world = FakeWorld(responder=ScriptedResponder("Hi ", failure=RuntimeError()))

    events = await told(answer(world, user()))

    assert events == [TextDelta("Hi "), ReplyFinished(reason=FinishReason.FAILED)]


class WaitingResponder(ScriptedResponder):
    """Says a word, then waits until it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.is_closed = False

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        try:
            yield TextDelta("Hi ")
            await asyncio.Event().wait()
        finally:
            self.is_closed = True


async def test_what_is_said_is_told_at_once_and_who_leaves_ends_the_answer() -> None:
    responder = WaitingResponder()

    async with aclosing(answer(FakeWorld(responder=responder), user()).events) as events:
        first = await anext(events)
        was_closed = responder.is_closed

    assert first == TextDelta("Hi ")
    assert (was_closed, responder.is_closed) == (False, True)


async def test_an_answer_that_takes_too_long_is_interrupted() -> None:
    world = FakeWorld(responder=WaitingResponder(), timing=ReplyTiming(longest=0.05))

    events = await told(answer(world, user()))

    assert events == [TextDelta("Hi "), ReplyFinished(reason=FinishReason.INTERRUPTED)]
