"""What an append may write: decided from the conversation's open tool calls, and only from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.errors import RuleViolationError
from domain.message import NewMessage
from domain.roles import Role
from domain.title import suggest_title

MAX_MESSAGES: Final = 100
MAX_OPEN_CALLS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendDecision:
    """An append as it is written, all or nothing.

    ``decided_on``: it holds only while these are the open tool calls (None: in any state).
    ``follows``: it holds only while this is the last seq (None: whatever it is).
    ``leaves``: the open tool calls afterwards (None: as they were).
    ``title``: for a conversation that has none.
    """

    messages: tuple[NewMessage, ...]
    decided_on: frozenset[str] | None
    leaves: frozenset[str] | None
    title: str | None
    follows: int | None = None


def depends_on_open_calls(messages: Sequence[NewMessage]) -> bool:
    """Whether the decision needs to know the open tool calls.

    It doesn't before the first message that opens or answers one, nor after a user's turn, which ends them all.
    """
    for message in messages:
        if message.role is Role.USER:
            return False
        if message.call_ids or message.role is Role.TOOL:
            return True
    return False


def decide_append(
    messages: Sequence[NewMessage], open_calls: frozenset[str] | None, *, follows: int | None = None
) -> AppendDecision:
    """Decide on the open tool calls as they are (None where ``depends_on_open_calls`` is false).

    Raises RuleViolationError: a batch that is empty or too long, a call id that is open already,
    a result that answers no open call.
    """
    if not 0 < len(messages) <= MAX_MESSAGES:
        raise RuleViolationError("messages", f"must be 1 to {MAX_MESSAGES} messages")
    state = open_calls
    for index, message in enumerate(messages):
        state = _after(message, state, f"messages[{index}]")
    return AppendDecision(
        messages=tuple(messages),
        decided_on=open_calls,
        leaves=None if state == open_calls else state,
        title=suggest_title(messages),
        follows=follows,
    )


def _after(message: NewMessage, open_calls: frozenset[str] | None, field: str) -> frozenset[str] | None:
    if message.role is Role.USER:
        return frozenset()
    if message.call_ids:
        return _open(message.call_ids, open_calls or frozenset(), field)
    if message.tool_call_id is not None:
        return _answer(message.tool_call_id, open_calls or frozenset(), field)
    return open_calls


def _open(call_ids: frozenset[str], open_calls: frozenset[str], field: str) -> frozenset[str]:
    if call_ids & open_calls:
        raise RuleViolationError(f"{field}.tool_calls", "must not repeat the id of a call that is still open")
    if len(call_ids | open_calls) > MAX_OPEN_CALLS:
        raise RuleViolationError(f"{field}.tool_calls", f"must not leave more than {MAX_OPEN_CALLS} calls open")
    return call_ids | open_calls


def _answer(call_id: str, open_calls: frozenset[str], field: str) -> frozenset[str]:
    if call_id not in open_calls:
        raise RuleViolationError(f"{field}.tool_call_id", "must name a tool call that is still open")
    return open_calls - {call_id}
