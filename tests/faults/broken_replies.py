"""What stands in the place of parts of the replies when they are broken on purpose."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from application.begin_reply import BegunReply
from application.chat import Chat, ChatTurn
from application.reply_intake import ReplyIntake
from application.reply_writer import ReplyWriter, _Batch
from application.settle_reply import SettleReply
from application.stop_reply import StopReply
from domain.errors import ReplyRewoundError
from domain.identifiers import ConversationId
from domain.principal import Principal
from domain.reply import RecordedReply
from domain.reply_events import FinishReason, ReplyEvent, TextDelta

_take = ReplyIntake._take
_wait = Chat._wait
_write = ReplyWriter._write


async def settle_the_living(settle: SettleReply, reply: RecordedReply) -> bool:
    """End a reply whoever comes to it, without a look at the lease."""
    return not reply.is_running or await settle._end(reply.address, FinishReason.INTERRUPTED, timedelta())


async def write_and_skip_the_lost(writer: ReplyWriter, number: int, batch: _Batch) -> None:
    """Write a batch; if those before it are lost, leave it at that."""
    with suppress(ReplyRewoundError):
        await _write(writer, number, batch)


def take_twice(intake: ReplyIntake, event: ReplyEvent) -> None:
    """Take what is said twice."""
    _take(intake, event)
    if isinstance(event, TextDelta):
        _take(intake, event)


async def stop_without_waiting(stop: StopReply, principal: Principal, conversation_id: ConversationId) -> None:
    """Ask the reply to stop, and answer."""
    await stop._log.request_stop(principal.owner_id, conversation_id)


async def wait_and_break_off(chat: Chat, begun: BegunReply, patience: float | None) -> ChatTurn:
    """Wait for a reply, and end it when nobody waits any more."""
    try:
        return await _wait(chat, begun, patience)
    except asyncio.CancelledError:
        if writer := chat._replies.find(begun.address):
            writer.break_off(FinishReason.INTERRUPTED)
        raise
