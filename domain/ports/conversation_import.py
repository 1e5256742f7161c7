"""The port that writes imported conversations; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.conversation import Conversation
from domain.identifiers import ConversationId, OwnerId
from domain.imports import ImportedMessage


class ConversationImport(Protocol):
    """Writes conversations as they were elsewhere, with their ids and times.

    All that is written by one import is kept together, or not at all. Every method raises UnavailableError when the
    storage is away.
    """

    @abstractmethod
    async def begin(self, owner_id: OwnerId, conversation: Conversation) -> bool:
        """Write the conversation as it is, without its messages and without open tool calls.

        False if the owner has a conversation with its id already: nothing is written then. Raises ConflictError if
        another import is writing the same one.
        """

    @abstractmethod
    async def write(
        self, owner_id: OwnerId, conversation_id: ConversationId, messages: Sequence[ImportedMessage]
    ) -> None:
        """Write messages of a conversation that was begun, with their seqs and times."""

    @abstractmethod
    async def leave_out(self, owner_id: OwnerId, conversation: Conversation, first_seq: int, last_seq: int) -> None:
        """Write the places of messages of a conversation that was begun, which were removed: these seqs, and no more.

        Each counts as a user's turn, of which nothing is known, and has the time of the conversation's last update.
        """

    @abstractmethod
    async def leave_open(self, owner_id: OwnerId, conversation_id: ConversationId, calls: frozenset[str]) -> None:
        """Write which tool calls the conversation leaves open."""
