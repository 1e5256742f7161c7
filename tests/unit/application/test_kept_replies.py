"""Replies as their messages keep them: found, dissolved, and replayed when their logs are gone; on fakes."""

from datetime import timedelta

import pytest

from application.begin_reply import BegunReply
from domain.errors import NotFoundError, ReplyLostError, ReplyRunningError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.principal import Principal
from domain.reply_events import (
    FinishReason,
    ReplyEvent,
    ReplyFinished,
    TextDelta,
    ToolCallDelta,
    ToolCallReady,
    ToolCallStarted,
)
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.begun import begin, seqs
from tests.support.fakes.others import ScriptedResponder
from tests.support.fakes.reply_log import InMemoryReplyLog
from tests.support.histories import result, user

ANN = Principal(owner_id=OwnerId("ann"))
BOB = Principal(owner_id=OwnerId("bob"))
AGENT = Principal.agent(on_behalf_of="ann")
KEY = IdempotencyKey(key="k", fingerprint=b"f")
CALL: list[ReplyEvent] = [ToolCallStarted("a", "f"), ToolCallDelta("a", "{}"), ToolCallReady("a")]


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld(responder=ScriptedResponder("Hi"))


async def ended(world: FakeWorld, place: ConversationId | None = None, key: IdempotencyKey | None = None) -> BegunReply:
    begun = await world.application.begin_reply(ANN, user(), conversation_id=place, key=key)
    await world.application.follow_reply.to_its_end(begun.address)
    return begun


async def test_a_reply_is_found_and_a_strangers_is_not(world: FakeWorld) -> None:
    begun = await ended(world)
    place = begun.address.conversation_id

    found = await world.application.find_reply(ANN, place, 2)

    assert (found.address, found.last_seq) == (begun.address, 2)
    for principal, seq in ((BOB, 2), (ANN, 1), (ANN, 3)):
        with pytest.raises(NotFoundError):
            await world.application.find_reply(principal, place, seq)


async def test_a_reply_whose_log_is_gone_has_no_message_of_the_next_one(world: FakeWorld) -> None:
    world.responder.events = (*CALL, ReplyFinished(reason=FinishReason.TOOL_CALLS))
    begun = await ended(world)
    world.responder.events = ("Sunny.",)
    answered = await world.application.begin_reply(AGENT, result("a"), conversation_id=begun.address.conversation_id)
    await world.application.follow_reply.to_its_end(answered.address)
    for one in (begun, answered):
        await world.log.forget(one.address)

    replayed = [[*await world.application.follow_reply.to_its_end(one.address)] for one in (begun, answered)]

    assert replayed == [
        [*CALL, ReplyFinished(reason=FinishReason.TOOL_CALLS)],
        [TextDelta("Sunny."), ReplyFinished()],
    ]


async def test_of_a_dissolved_reply_the_messages_are_left(world: FakeWorld) -> None:
    begun = await ended(world, key=KEY)
    place = begun.address.conversation_id

    with pytest.raises(NotFoundError):
        await world.application.dissolve_reply(BOB, place, 2)
    await world.application.dissolve_reply(ANN, place, 2)

    assert await seqs(world, place) == [1, 2]
    for call in (world.application.find_reply, world.application.dissolve_reply):
        with pytest.raises(NotFoundError):
            await call(ANN, place, 2)
    with pytest.raises(ReplyLostError):
        await world.application.follow_reply.to_its_end(begun.address)
    with pytest.raises(NotFoundError):
        await world.application.begin_reply(ANN, user(), key=KEY)
    assert (await ended(world, place)).address.seq == 4


async def test_a_reply_that_runs_is_dissolved_when_its_writer_is_dead(world: FakeWorld) -> None:
    place = await begin(world, user())
    log = world.log
    assert isinstance(log, InMemoryReplyLog)
    await log.begin_again(ANN.owner_id, place, turn=1, last_seq=1)

    with pytest.raises(ReplyRunningError):
        await world.application.dissolve_reply(ANN, place, 2)
    log.skip(timedelta(seconds=60))
    await world.application.dissolve_reply(ANN, place, 2)

    assert await seqs(world, place) == [1, 2]
