"""The port to what counts tokens; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from typing import Protocol

from domain.chat_message import ChatMessage


class TokenCounter(Protocol):
    """Counts what a message takes of a model's context."""

    @abstractmethod
    def count(self, message: ChatMessage) -> int:
        """How many tokens the message takes, at least 1, with what a provider adds to each message.

        The same message always counts the same, in every process. More text never counts less.
        """
