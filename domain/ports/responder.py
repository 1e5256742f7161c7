"""The port to what answers a user; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from domain.identifiers import OwnerId
from domain.message import Message
from domain.model_context import ContextBudget, ModelContext
from domain.reply_events import ReplyEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn that waits for a reply: its last message, the text of that, and what a model gets.

    The last message is a user's, or the result of a call. ``instructions``: what the caller wants of this reply alone,
    which is no message. ``context`` begins with them, and ends with the last message, or with the call's exchange; it
    is None for a responder that has no budget. The conversation of a turn that nobody keeps does not exist.
    """

    owner_id: OwnerId
    text: str
    message: Message
    instructions: str | None = None
    context: ModelContext | None = None


class Responder(Protocol):
    """Answers a user's turn.

    ``budget``: what the context of a turn may take; None: the responder needs no context.
    """

    budget: ContextBudget | None = None

    @abstractmethod
    def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        """The reply's events; the last one is ReplyFinished.

        An end without it, and any exception, mean that the reply failed after what it had said.

        The caller closes the generator (``aclose``) however the reply ended: whole, failed, or too long, before it is
        saved; stopped or interrupted, once it is saved. The responder then gives back what it holds, such as a
        connection. The closing is cancelled after a second. Whatever it raises, the reply is what was said until then.
        """
