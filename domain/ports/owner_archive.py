"""The port that reads everything of one owner; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import AsyncGenerator
from typing import Protocol

from domain.conversation import Conversation
from domain.identifiers import OwnerId
from domain.message import Message


class OwnerArchive(Protocol):
    """Reads all conversations of an owner, a page at a time. It changes nothing and locks nothing."""

    @abstractmethod
    def entries(self, owner_id: OwnerId) -> AsyncGenerator[Conversation | Message, None]:
        """The owner's conversations by id, each followed by its messages up to its last_seq, without removed ones.

        What was stored before the call and stays is yielded once, whatever is written meanwhile. A conversation is
        yielded as it was at one instant, with the messages that it had then. Raises ConflictError if it is deleted
        while its messages are read; UnavailableError when the storage is away.
        """
