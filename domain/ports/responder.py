"""The port to what answers a user; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from domain.identifiers import OwnerId
from domain.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A user's turn that waits for a reply: what was said, and the message it is saved as."""

    owner_id: OwnerId
    text: str
    message: Message


class Responder(Protocol):
    """Answers a user's turn."""

    @abstractmethod
    def reply(self, turn: Turn) -> AsyncIterator[str]:
        """The reply's text, piece by piece. Any exception means that it failed after what it had said."""
