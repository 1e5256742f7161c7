"""Removals: which messages go together, and what the conversation is afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from domain.conversation import UNSET, Unset
from domain.message import Message
from domain.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Messages that are to be removed, all of them or none.

    ``decided_on``: the open tool calls that it was decided on; None: it does not depend on them. ``leaves``: the open
    tool calls afterwards (None: as they were). ``follows``: the last seq that the conversation must have; None: any.
    ``title``: in the place of an automatic one; UNSET: the title stays.
    """

    seqs: tuple[int, ...]
    decided_on: frozenset[str] | None = None
    leaves: frozenset[str] | None = None
    follows: int | None = None
    title: str | None | Unset = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class CallGroup:
    """A message with the results of its calls, as far as they are found; ``waiting`` are the calls without one."""

    seqs: tuple[int, ...]
    waiting: frozenset[str]

    @classmethod
    def of(cls, message: Message) -> Self:
        """The message alone."""
        return cls(seqs=(message.seq,), waiting=message.call_ids)

    def with_results_among(self, following: Iterable[Message]) -> "CallGroup":
        """The group with the results that are among the messages that follow. A user's turn ends the search.

        It ends for a call whose id is used again, too: a turn that was removed had closed the call.
        """
        seqs, waiting = [*self.seqs], self.waiting
        for message in following:
            if message.role is Role.USER:
                waiting = frozenset()
            elif message.tool_call_id in waiting:
                seqs.append(message.seq)
                waiting -= {message.tool_call_id}
            else:
                waiting -= message.call_ids
        return CallGroup(seqs=tuple(seqs), waiting=waiting)
