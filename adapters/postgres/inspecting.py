"""The statements of the consistency check: each reads at one instant, locks nothing, and names the owner."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Table,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.types import BigInteger

from adapters.postgres.columns import CONVERSATION, KEY, OURS, OWNER, given
from adapters.postgres.compiling import Statement
from adapters.postgres.owner_scan import LIMIT, distinct_owners_in, owners_in
from adapters.postgres.tables import conversations, idempotency_keys, messages
from domain.message import Status
from domain.roles import Role

_IS_IN_PROGRESS = messages.c.status == Status.IN_PROGRESS.value
_FIGURES = (
    "message_count",
    "lowest_seq",
    "highest_seq",
    "newest_message_at",
    "in_progress",
    "in_progress_seq",
    "not_emptied",
)
_FROM = given("from_id", Uuid())
_MY_CONVERSATIONS = conversations.c.owner_id == OWNER
_MY_MESSAGES = messages.c.owner_id == OWNER
_MY_KEYS = idempotency_keys.c.owner_id == OWNER
_IS_NOT_EMPTIED = and_(
    messages.c.removed_at.is_not(None),
    or_(
        func.num_nonnulls(*(messages.c[name] for name in ("content", "tool_calls", "tool_call_id", "name", "item")))
        > 0,
        cast(messages.c.metadata, Text) != "{}",
    ),
)


def _count(table: Table, mine: ColumnElement[bool]) -> ColumnElement[Any]:
    return select(func.count()).select_from(table).where(mine).scalar_subquery().label(table.name)


def _conversations() -> Statement:
    """A page of conversations. Appends and deletions are single statements, so none is seen half done."""
    page = (
        select(
            conversations.c.id,
            conversations.c.last_seq,
            conversations.c.updated_at,
            conversations.c.reply_seq,
            (func.cardinality(conversations.c.open_tool_calls) > 0).label("has_open_calls"),
        )
        .where(_MY_CONVERSATIONS, conversations.c.id >= _FROM)
        .order_by(conversations.c.id)
        .limit(LIMIT)
        .subquery("page")
    )
    theirs = (
        select(
            func.count().label("message_count"),
            func.min(messages.c.seq).label("lowest_seq"),
            func.max(messages.c.seq).label("highest_seq"),
            func.max(messages.c.created_at).label("newest_message_at"),
            func.count().filter(_IS_IN_PROGRESS).label("in_progress"),
            func.max(messages.c.seq).filter(_IS_IN_PROGRESS).label("in_progress_seq"),
            func.count().filter(_IS_NOT_EMPTIED).label("not_emptied"),
            func.coalesce(func.bool_or(messages.c.tool_calls.is_not(None)), False).label("has_calls"),
        )
        .where(_MY_MESSAGES, messages.c.conversation_id == page.c.id)
        .lateral("theirs")
    )
    return Statement(
        select(
            page.c.id.label("conversation_id"),
            *(page.c[name] for name in ("last_seq", "updated_at", "reply_seq")),
            *(theirs.c[name] for name in _FIGURES),
            or_(page.c.has_open_calls, theirs.c.has_calls).label("uses_tools"),
        )
        .select_from(page.join(theirs, true()))
        .order_by(page.c.id)
    )


def _next_conversation(condition: ColumnElement[bool]) -> ScalarSelect[Any]:
    ids = select(messages.c.conversation_id).where(_MY_MESSAGES, condition)
    return ids.order_by(messages.c.conversation_id).limit(1).scalar_subquery()


def _stray_messages() -> Statement:
    """A loose index scan from conversation to conversation; its messages are counted only if it is missing."""
    found = select(
        _next_conversation(messages.c.conversation_id >= _FROM).label("id"), literal(1, BigInteger()).label("place")
    ).cte("found", recursive=True)
    found = found.union_all(
        select(_next_conversation(messages.c.conversation_id > found.c.id), found.c.place + 1).where(
            found.c.id.is_not(None), found.c.place < LIMIT
        )
    )
    count = select(func.count()).where(_MY_MESSAGES, messages.c.conversation_id == found.c.id).scalar_subquery()
    return Statement(
        select(found.c.id.label("conversation_id"), case((conversations.c.id.is_(None), count), else_=0).label("stray"))
        .select_from(found.outerjoin(conversations, and_(_MY_CONVERSATIONS, conversations.c.id == found.c.id)))
        .where(found.c.id.is_not(None))
        .order_by(found.c.place)
    )


def _keys() -> Statement:
    its = and_(_MY_CONVERSATIONS, conversations.c.id == idempotency_keys.c.conversation_id)
    return Statement(
        select(
            idempotency_keys.c.key,
            idempotency_keys.c.conversation_id,
            idempotency_keys.c.first_seq,
            idempotency_keys.c.last_seq,
            conversations.c.last_seq.label("conversation_last_seq"),
        )
        .select_from(idempotency_keys.outerjoin(conversations, its))
        .where(_MY_KEYS, idempotency_keys.c.key > KEY)
        .order_by(idempotency_keys.c.key)
        .limit(LIMIT)
    )


def _calls() -> Statement:
    """The open calls and the messages since the last user turn that remains, which closed all calls before it.

    Of the messages that were removed, only users' turns count: they have no calls, and answer none.
    """
    in_it = and_(_MY_MESSAGES, messages.c.conversation_id == CONVERSATION)
    remains = messages.c.removed_at.is_(None)
    turns = select(func.max(messages.c.seq)).where(in_it, messages.c.role == Role.USER.value, remains)
    last_turn = func.coalesce(turns.correlate(None).scalar_subquery(), 0)
    is_result = and_(messages.c.role == Role.TOOL.value, remains)
    counts = or_(messages.c.role == Role.USER.value, is_result, messages.c.tool_calls.is_not(None))
    steps = and_(_MY_MESSAGES, messages.c.conversation_id == CONVERSATION, messages.c.seq >= last_turn, counts)
    return Statement(
        select(
            conversations.c.open_tool_calls,
            messages.c.seq,
            messages.c.role,
            messages.c.tool_calls,
            messages.c.tool_call_id,
            messages.c.removed_at.is_not(None).label("removed"),
        )
        .select_from(conversations.outerjoin(messages, steps))
        .where(OURS)
        .order_by(messages.c.seq)
    )


OWNERS_OF_ANYTHING = Statement(owners_in(conversations, messages, idempotency_keys))
DISTINCT_OWNERS_OF_ANYTHING = Statement(distinct_owners_in(conversations, messages, idempotency_keys))
ROWS = Statement(
    select(_count(conversations, _MY_CONVERSATIONS), _count(messages, _MY_MESSAGES), _count(idempotency_keys, _MY_KEYS))
)
CONVERSATIONS = _conversations()
STRAY_MESSAGES = _stray_messages()
KEYS = _keys()
CALLS = _calls()
