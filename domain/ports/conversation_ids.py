"""The port that makes identifiers; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from typing import Protocol

from domain.identifiers import ConversationId


class ConversationIds(Protocol):
    """Makes identifiers for new conversations."""

    @abstractmethod
    def next(self) -> ConversationId:
        """An identifier that was never returned before."""
