"""The open tool calls of a conversation as they follow from its messages, some of which were removed."""

from dataclasses import dataclass

from domain.append import decide_append
from domain.message import NewMessage
from domain.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class CallState:
    """The calls that are open, and those that may be: a user's turn may have closed them, and been removed since."""

    open: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()

    @property
    def possible(self) -> frozenset[str]:
        """All calls that may be open."""
        return self.open | self.doubtful

    def after(self, message: NewMessage) -> "CallState":
        """The state after the message. Raises RuleViolationError if no append allows it."""
        if message.role is Role.USER:
            return CallState()
        answered = self.doubtful & {message.tool_call_id}
        leaves = decide_append([message], self.open | answered).leaves
        still_open = self.open if leaves is None else leaves
        return CallState(open=still_open, doubtful=self.doubtful - answered - message.call_ids)

    def after_removed(self) -> "CallState":
        """The state after a message that was removed, of which is not known what it was but perhaps a user's turn."""
        return CallState(doubtful=self.possible)
