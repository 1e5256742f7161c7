"""The port to the logs of replies; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from domain.append import AppendDecision
from domain.conversation import NewConversation
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.message import IN_PROGRESS, Message, NewMessage
from domain.reply import Batch, KeptReply, RecordedReply, ReplyAddress, StepEnd
from domain.reply_events import ReplyEvent


class ReplyLog(Protocol):
    """Begins replies, writes what they say in numbered batches, and ends them.

    At most one reply runs in a conversation. Its message in progress is the conversation's last one; meanwhile nobody
    else appends. Whoever writes a batch's number first has it: so a log has one writer, and a reply ends once.
    To every method, a conversation of another owner does not exist. A method that raises has written nothing.
    Every method raises UnavailableError when the storage is away.
    """

    @abstractmethod
    async def begin(
        self,
        owner_id: OwnerId,
        conversation_id: ConversationId,
        turn: AppendDecision,
        key: IdempotencyKey | None,
        *,
        placeholder: NewMessage = IN_PROGRESS,
    ) -> Sequence[Message]:
        """Append the turn as ConversationRepository does, and after it the empty message in progress of a reply.

        The turn leaves no tool call open. That message, the ``placeholder``, keeps its metadata. Returns both. The last
        one's seq is the reply's; its log begins with batch 0, without events. Logs of the conversation from before its
        last reply are deleted. The key has the turn alone as its effect.

        Raises ConversationNotFoundError; ReplyRunningError; StaleError and StateMovedError as ``append`` does, and
        TooManyMessagesError if there is no place for that message, too;
        IdempotencyKeyTakenError if the owner's key had its effect already, also where others apply.
        """

    @abstractmethod
    async def begin_conversation(
        self,
        owner_id: OwnerId,
        new: NewConversation,
        key: IdempotencyKey | None,
        *,
        placeholder: NewMessage = IN_PROGRESS,
    ) -> Sequence[Message]:
        """Create the conversation with its first messages, and begin a reply after them, as ``begin`` does.

        Raises IdempotencyKeyTakenError if the owner's key had its effect already; ConversationExistsError if the owner
        has a conversation of this id; TooManyConversationsError as ``create`` does. Where several apply, any of them.
        """

    @abstractmethod
    async def begin_again(
        self,
        owner_id: OwnerId,
        conversation_id: ConversationId,
        *,
        turn: int,
        last_seq: int,
        placeholder: NewMessage = IN_PROGRESS,
    ) -> Message:
        """Begin another reply to the turn of this seq, and remove the messages of earlier replies to it.

        Returns the message in progress, with the next seq. Raises ConversationNotFoundError; StateMovedError if the
        conversation's last seq is another one, a reply runs, or a tool call is open that is not of those replies.
        """

    @abstractmethod
    async def write(self, reply: ReplyAddress, number: int, events: Sequence[ReplyEvent]) -> bool:
        """Write the next batch. It may be lost if the storage crashes. Returns whether the reply was asked to stop.

        To write a batch again that is in the log is no error. Raises ReplyLostError if the reply has ended, was
        deleted, or has another batch of this number; ReplyRewoundError if batches before it are missing.
        """

    @abstractmethod
    async def advance(
        self,
        reply: ReplyAddress,
        number: int,
        events: Sequence[ReplyEvent],
        end: StepEnd,
        *,
        seq: int,
        key: IdempotencyKey | None = None,
    ) -> None:
        """Write the next batch, for good, and end the message in progress, which has this seq.

        Results follow it, and if the reply runs on an empty message in progress; else the reply is at its end. The
        conversation's open tool calls are those that the step leaves. The key then has the whole reply as its effect.
        Raises as ``write`` does.
        """

    @abstractmethod
    async def request_stop(self, owner_id: OwnerId, conversation_id: ConversationId) -> ReplyAddress | None:
        """Ask the running reply to stop, and return it; None if none runs. Raises ConversationNotFoundError."""

    @abstractmethod
    async def running(self, owner_id: OwnerId, conversation_id: ConversationId) -> RecordedReply | None:
        """The reply that runs, with its whole log; None if none does. Raises ConversationNotFoundError."""

    @abstractmethod
    async def recorded(self, reply: ReplyAddress) -> RecordedReply | None:
        """A reply with its whole log, whether it runs or not; None if its log or its conversation is deleted."""

    @abstractmethod
    async def find(self, reply: ReplyAddress) -> KeptReply | None:
        """A reply, whether it runs or not, and whether its log is kept or not.

        None if there is none, if its first message was removed, or if it was dissolved.
        """

    @abstractmethod
    async def dissolve(self, reply: ReplyAddress) -> None:
        """Let it be no reply any more: its messages stay as they are, but without metadata, and its log is deleted.

        Raises NotFoundError if there is no such reply; ReplyRunningError while it runs.
        """

    @abstractmethod
    async def turn_key(self, reply: RecordedReply) -> IdempotencyKey | None:
        """The key under which the reply's turn was saved; None if it had none, or if it was purged."""

    @abstractmethod
    async def news(self, reply: ReplyAddress, number: int) -> Sequence[Batch]:
        """The batches from this number on, in order, at most 100; none if there are none yet, or no such log."""

    @abstractmethod
    async def silent(self, least: timedelta, limit: int) -> Sequence[ReplyAddress]:
        """Running replies of any owners whose logs nobody has written to for so long, at most ``limit``."""

    @abstractmethod
    async def forget(self, reply: ReplyAddress) -> None:
        """Delete the log of a reply that is at its end; nothing happens while it runs, or if there is none."""
