"""The port to the stored conversations; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.append import AppendDecision
from domain.conversation import Conversation, ConversationChange, NewConversation
from domain.idempotency import Effect, IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message
from domain.pages import ConversationPage, ConversationWindow, MessagePage, MessageWindow
from domain.removal import Removal


class ConversationRepository(Protocol):
    """Stores conversations and their messages.

    To every method, a conversation of another owner does not exist. A method that raises has written nothing.
    Every method raises UnavailableError when the storage is away.
    """

    @abstractmethod
    async def create(
        self, owner_id: OwnerId, new: NewConversation, key: IdempotencyKey | None
    ) -> tuple[Conversation, Sequence[Message]]:
        """Write the conversation and its messages, with seqs from 1; both carry the same time.

        Without a title it takes the one that the append suggests, marked as automatic.
        Raises IdempotencyKeyTakenError if the owner's key had its effect already; TooManyConversationsError if the
        owner has as many conversations as its quotas allow. Where both apply, either. Of several that are created at
        the same moment, all may be.
        """

    @abstractmethod
    async def append(
        self,
        owner_id: OwnerId,
        conversation_id: ConversationId,
        decision: AppendDecision,
        key: IdempotencyKey | None,
    ) -> Sequence[Message]:
        """Write the messages with the next seqs, without a gap, in their order, and return them.

        The conversation's ``updated_at`` moves to their time, never back. A conversation without a title takes the
        decision's, marked as automatic. Raises ConversationNotFoundError; ReplyRunningError while a reply runs in it;
        StaleError if the decision follows another seq than the last; TooManyMessagesError if the last seq would be more
        than the decision's quotas allow; StateMovedError if the open tool calls are not
        those that it was made on; IdempotencyKeyTakenError if the owner's key had its effect already. Where several
        apply, any of them.
        """

    @abstractmethod
    async def open_calls(
        self, owner_id: OwnerId, conversation_id: ConversationId, key: IdempotencyKey | None
    ) -> tuple[frozenset[str], Effect | None]:
        """The open tool calls, and the effect of the owner's key, or None. Raises ConversationNotFoundError."""

    @abstractmethod
    async def effect(self, owner_id: OwnerId, key: IdempotencyKey) -> Effect | None:
        """The effect of the owner's key, or None if it was never used. It outlives the conversation."""

    @abstractmethod
    async def conversation(self, owner_id: OwnerId, conversation_id: ConversationId) -> Conversation:
        """The conversation. Raises ConversationNotFoundError."""

    @abstractmethod
    async def conversations(self, owner_id: OwnerId, window: ConversationWindow) -> ConversationPage:
        """The owner's conversations of the window, by ``updated_at`` and id, both descending.

        Only archived ones, or only the others; with a cursor only those that follow it in that order. The page's own
        cursor is that of its last conversation, or None where no more follow.
        """

    @abstractmethod
    async def messages(self, owner_id: OwnerId, conversation_id: ConversationId, window: MessageWindow) -> MessagePage:
        """The conversation and the messages of the window at one instant, by seq. Raises ConversationNotFoundError.

        Messages that were removed are passed over: what the window counts are those that remain. Of long messages those
        nearest to the window's anchor, as many as MAX_PAGE_BYTES hold, but at least one.
        """

    @abstractmethod
    async def count_before(self, owner_id: OwnerId, conversation_id: ConversationId, seq: int) -> int:
        """How many messages before this seq remain; 0 where there is no such conversation. It reads them all."""

    @abstractmethod
    async def message(self, owner_id: OwnerId, conversation_id: ConversationId, seq: int) -> Message:
        """One message. Raises MessageNotFoundError, also if it was removed, or there is no such conversation."""

    @abstractmethod
    async def remove(self, owner_id: OwnerId, conversation_id: ConversationId, removal: Removal) -> None:
        """Remove the messages of these seqs.

        Nothing of them is left but their places: no seq moves, and none is used again. The logs of the conversation's
        replies are deleted, since they say what the messages said. ``updated_at`` stays. Raises
        ConversationNotFoundError; ReplyRunningError while a reply runs in it; StateMovedError if one of the messages is
        not there any more, or if the last seq or the open tool calls are not those that the removal was decided on.
        """

    @abstractmethod
    async def clear(self, owner_id: OwnerId, conversation_id: ConversationId, last_seq: int) -> None:
        """Remove all messages up to ``last_seq``, close all tool calls, and take back an automatic title.

        Raises ConversationNotFoundError; ReplyRunningError while a reply runs in it; StateMovedError if the last seq is
        another one.
        """

    @abstractmethod
    async def update(
        self, owner_id: OwnerId, conversation_id: ConversationId, change: ConversationChange
    ) -> Conversation:
        """Write the change; ``updated_at`` stays, and a conversation archived twice keeps its first ``archived_at``.

        A title that is set is no longer automatic. Raises ConversationNotFoundError; StateMovedError if the metadata
        is not what the change was decided on.
        """

    @abstractmethod
    async def delete(self, owner_id: OwnerId, conversation_id: ConversationId) -> None:
        """Delete the conversation and all its messages at once. Raises ConversationNotFoundError."""
