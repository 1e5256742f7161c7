"""Trials: a reply whose writer, storage or reader fails at a certain moment, and what comes of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

from domain.errors import ReplyRunningError
from domain.message import Status
from domain.reply import ReplyAddress
from domain.reply_events import FinishReason
from tests.faults.reply_world import HELLO, KEY, ReplyWorld

type Trial = Callable[[ReplyWorld], Awaitable[ReplyAddress]]
"""It returns the reply that it had in the end."""


async def _batches_are_lost_and_the_reply_ends(world: ReplyWorld) -> ReplyAddress:
    reply = await world.begun()
    await world.said(reply, "one ", "two ", "three ")
    await world.lose(reply, 2)
    world.speaker.finish()
    await world.ended(reply)
    return reply


async def _batches_are_lost_and_more_is_said(world: ReplyWorld) -> ReplyAddress:
    reply = await world.begun()
    await world.said(reply, "one ", "two ", "three ")
    await world.lose(reply, 2)
    await world.said(reply, "four")
    world.speaker.finish()
    await world.ended(reply)
    return reply


async def _another_ends_a_reply_of_which_the_last_batch_was_lost(world: ReplyWorld) -> ReplyAddress:
    """The writer then goes on after a batch of its own number, which is another's."""
    reply = await world.begun()
    await world.said(reply, "one ", "two ")
    await world.lose(reply, 2)
    await world.settle.at_once(reply, FinishReason.INTERRUPTED)
    world.speaker.finish()
    await world.ended(reply)
    return reply


async def _a_turn_comes_while_a_reply_runs(world: ReplyWorld) -> ReplyAddress:
    reply = await world.begun()
    with suppress(ReplyRunningError):
        await world.there.begin_reply(world.ann, HELLO, conversation_id=reply.conversation_id)
        world.complain("a second reply began")
    world.speaker.finish()
    world.speaker.finish()
    await world.ended(reply)
    return reply


async def _a_reply_that_lives_is_silent(world: ReplyWorld) -> ReplyAddress:
    reply = await world.begun()
    await world.said(reply, "one ")
    await world.there.read_history(world.ann, reply.conversation_id)
    await world.there.sweep_replies()
    await world.said(reply, "two")
    world.speaker.finish()
    await world.ended(reply)
    await world.expect(reply, "one two", Status.COMPLETED)
    return reply


async def _an_interrupted_reply_is_asked_for_again(world: ReplyWorld) -> ReplyAddress:
    interrupted = await world.begun(KEY)
    await world.said(interrupted, "one ")
    await world.settle.at_once(interrupted, FinishReason.INTERRUPTED)
    world.speaker.finish()
    await world.ended(interrupted)
    reply = await world.begun(KEY)
    world.speaker.finish()
    await world.ended(reply)
    return reply


async def _its_reader_leaves(world: ReplyWorld) -> ReplyAddress:
    chat = asyncio.create_task(world.here.chat(world.ann, "Hello"))
    reply = await world.appeared()
    await world.said(reply, "one ")
    chat.cancel()
    with suppress(asyncio.CancelledError):
        await chat
    world.speaker.say("two")
    world.speaker.finish()
    await world.ended(reply)
    await world.expect(reply, "one two", Status.COMPLETED)
    return reply


async def _it_is_stopped_from_elsewhere(world: ReplyWorld) -> ReplyAddress:
    reply = await world.begun()
    await world.said(reply, "one ")
    await world.there.stop_reply(world.ann, reply.conversation_id)
    try:
        await world.there.append_messages(world.ann, reply.conversation_id, [HELLO])
    except ReplyRunningError:
        world.complain("the next turn is refused")
    world.speaker.say("two")
    world.speaker.finish()
    await world.ended(reply)
    await world.expect(reply, "one ", Status.INCOMPLETE)
    return reply


TRIALS: Final[Mapping[str, Trial]] = {
    "batches are lost, and the reply ends": _batches_are_lost_and_the_reply_ends,
    "batches are lost, and more is said": _batches_are_lost_and_more_is_said,
    "the last batch is lost, and another ends the reply": _another_ends_a_reply_of_which_the_last_batch_was_lost,
    "a turn comes while a reply runs": _a_turn_comes_while_a_reply_runs,
    "a reply that lives is silent": _a_reply_that_lives_is_silent,
    "an interrupted reply is asked for again": _an_interrupted_reply_is_asked_for_again,
    "its reader leaves": _its_reader_leaves,
    "it is stopped from elsewhere": _it_is_stopped_from_elsewhere,
}
"""Each has one reply in the end, in a conversation of its own, as it would be without the failure."""
