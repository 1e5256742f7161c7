"""The port that reads all stored rows for the check; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from domain.consistency import CallHistory, StoredConversation, StoredIdempotencyKey
from domain.identifiers import ConversationId, OwnerId


class ConsistencyReader(Protocol):
    """Reads all that is stored, owner by owner, also what breaks the rules. It changes nothing and locks nothing.

    Each value that is yielded was read at one instant. What is stored before the call and stays is yielded once,
    whatever is written meanwhile. Every method raises UnavailableError when the storage is away.
    """

    @abstractmethod
    def owners(self) -> AsyncIterator[OwnerId]:
        """Every owner of conversations, messages or idempotency keys, once; without the owner whose id is empty."""

    @abstractmethod
    async def rows_of_nobody(self) -> Mapping[str, int]:
        """How many ``conversations``, ``messages`` and ``idempotency_keys`` have an owner whose id is empty."""

    @abstractmethod
    def conversations(self, owner_id: OwnerId) -> AsyncIterator[StoredConversation]:
        """The owner's conversations, each with the figures of its messages."""

    @abstractmethod
    def stray_messages(self, owner_id: OwnerId) -> AsyncIterator[tuple[ConversationId, int]]:
        """The ids of conversations that are missing but have messages of the owner, and how many."""

    @abstractmethod
    def keys(self, owner_id: OwnerId) -> AsyncIterator[StoredIdempotencyKey]:
        """The owner's idempotency keys, each with the last seq of its conversation."""

    @abstractmethod
    async def calls(self, owner_id: OwnerId, conversation_id: ConversationId) -> CallHistory | None:
        """The conversation's open tool calls, and by seq the tool steps from which they follow; None if it is missing.

        The tool steps are the last user turn that remains, and after it all calls and results that remain, and the
        user turns that were removed.
        """
