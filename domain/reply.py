"""Replies: where a reply stands, what its log holds, and the end of one of its steps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.identifiers import ConversationId, OwnerId
from domain.json_text import JsonText
from domain.message import NewMessage
from domain.reply_events import ReplyEvent, StepFinished, ToolResult


class ReplyAddress(NamedTuple):
    """A reply: its owner, its conversation, and the seq of its first message."""

    owner_id: OwnerId
    conversation_id: ConversationId
    seq: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that were written to the log together. The batches of a reply are numbered from 0 without a gap."""

    number: int
    events: tuple[ReplyEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedReply:
    """What the log holds of a reply.

    ``last_seq``: of its conversation; while the reply runs it is that of the message in progress.
    ``turn``: the seq of the turn that it answers.
    ``silence``: how long nothing was written, by the storage's clock.
    """

    address: ReplyAddress
    is_running: bool
    last_seq: int
    turn: int
    batches: tuple[Batch, ...]
    silence: timedelta

    @property
    def events(self) -> tuple[ReplyEvent, ...]:
        """All events, in order."""
        return tuple(event for batch in self.batches for event in batch.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReply:
    """A reply as its messages keep it, also when its log is deleted.

    ``last_seq``: of its last message; while it runs that of the one in progress. ``metadata``: of its first message.
    """

    address: ReplyAddress
    last_seq: int
    metadata: JsonText
    begun_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnd:
    """What becomes of a message in progress at the end of its step.

    ``message``: the assistant's, as it is kept. ``results``: of its calls, in the order in which they came.
    ``runs_on``: whether another message in progress follows.
    """

    message: NewMessage
    results: tuple[NewMessage, ...] = ()
    runs_on: bool = False

    @property
    def added(self) -> int:
        """How many messages follow in the conversation."""
        return len(self.results) + self.runs_on

    @property
    def open_calls(self) -> frozenset[str]:
        """The calls that have no result."""
        return self.message.call_ids - {result.tool_call_id for result in self.results}


def last_message_seq(reply: ReplyAddress, events: Iterable[ReplyEvent]) -> int:
    """The seq of the message that the events are at: the one in progress, or the assistant's last one at the end."""
    seq, results = reply.seq, 0
    for event in events:
        if isinstance(event, ToolResult):
            results += 1
        elif isinstance(event, StepFinished):
            seq, results = seq + results + 1, 0
    return seq
