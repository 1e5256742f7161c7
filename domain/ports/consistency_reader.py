"""The port to all that is kept, for the check of it; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from domain.consistency import CallHistory, StoredConversation, StoredIdempotencyKey
from domain.identifiers import ConversationId, OwnerId


class ConsistencyReader(Protocol):
    """Reads all that is kept, owner by owner, even where it breaks the rules; changes nothing, and locks nothing.

    What is yielded is read at one instant each, whatever is written meanwhile; what was there before the call and
    stays is yielded once. Every method raises UnavailableError when the storage is away.
    """

    @abstractmethod
    def owners(self) -> AsyncIterator[OwnerId]:
        """Who has conversations, messages or idempotency keys, each once; not the owner whose id is empty."""

    @abstractmethod
    async def rows_of_nobody(self) -> Mapping[str, int]:
        """How many conversations, messages and idempotency keys, under these names, have an owner whose id is empty."""

    @abstractmethod
    def conversations(self, owner_id: OwnerId) -> AsyncIterator[StoredConversation]:
        """The owner's conversations, each beside its messages."""

    @abstractmethod
    def stray_messages(self, owner_id: OwnerId) -> AsyncIterator[tuple[ConversationId, int]]:
        """The owner's messages whose conversation is missing: its id, and how many they are."""

    @abstractmethod
    def keys(self, owner_id: OwnerId) -> AsyncIterator[StoredIdempotencyKey]:
        """The owner's idempotency keys, each beside its conversation."""

    @abstractmethod
    async def calls(self, owner_id: OwnerId, conversation_id: ConversationId) -> CallHistory | None:
        """The conversation's open tool calls, and the tool steps they follow from, by seq; None if there is none.

        The tool steps are its last user turn, and the calls and answers after it.
        """
