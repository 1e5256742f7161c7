"""Appends: what may be written next in a conversation, decided from its open tool calls alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.errors import CallNotOpenError, RuleViolationError
from domain.message import NewMessage
from domain.quotas import NO_QUOTAS, Quotas
from domain.roles import Role
from domain.title import suggest_title

MAX_MESSAGES: Final = 100
MAX_OPEN_CALLS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendDecision:
    """An append as it is to be written, all of it or nothing.

    ``decided_on``: the open tool calls that it was decided on; it must not be written if they have changed. None: it
    may be written whatever they are.
    ``follows``: the last seq that the conversation must have; None: any.
    ``quotas``: it must not be written if the conversation would have more messages than they allow.
    ``leaves``: the open tool calls afterwards (None: as they were).
    ``title``: for a conversation that has none.
    """

    messages: tuple[NewMessage, ...]
    decided_on: frozenset[str] | None
    leaves: frozenset[str] | None
    title: str | None
    follows: int | None = None
    quotas: Quotas = NO_QUOTAS


def depends_on_open_calls(messages: Sequence[NewMessage]) -> bool:
    """Whether the decision needs the open tool calls.

    It does if a message opens or answers a call, and no user's turn comes before it: a user's turn closes all calls.
    """
    for message in messages:
        if message.role is Role.USER:
            return False
        if message.call_ids or message.role is Role.TOOL:
            return True
    return False


def decide_append(
    messages: Sequence[NewMessage],
    open_calls: frozenset[str] | None,
    *,
    follows: int | None = None,
    quotas: Quotas = NO_QUOTAS,
) -> AppendDecision:
    """Decide what to write. ``open_calls`` are the conversation's, or None if ``depends_on_open_calls`` is false.

    Raises CallNotOpenError for a result that answers no open call; RuleViolationError for a batch that is empty or too
    long, or a call id that is open already.
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
        quotas=quotas,
    )


def decide_turn(
    messages: Sequence[NewMessage],
    open_calls: frozenset[str] | None,
    *,
    follows: int | None = None,
    quotas: Quotas = NO_QUOTAS,
) -> AppendDecision:
    """Decide what to write before a reply: as ``decide_append``, of messages that a responder can answer.

    The last one is a user's, or the result of a call, and no call stays open. Raises as ``decide_append`` does.
    """
    decision = decide_append(messages, open_calls, follows=follows, quotas=quotas)
    last = messages[-1]
    if last.role not in {Role.USER, Role.TOOL} or last.content_json is None:
        raise RuleViolationError("messages", "must end with what a user says, or with the result of a tool call")
    if open_calls if decision.leaves is None else decision.leaves:
        raise RuleViolationError("messages", "must answer all open tool calls")
    return decision


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
        raise CallNotOpenError(f"{field}.tool_call_id", "must name a tool call that is still open")
    return open_calls - {call_id}
