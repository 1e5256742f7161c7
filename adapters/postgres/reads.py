"""The statements that read; each names the owner."""

from typing import Any

from sqlalchemy import ColumnElement, Text, Uuid, and_, case, cast, func, null, or_, select, tuple_
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import BigInteger, Boolean, Integer

from adapters.postgres.columns import (
    CONVERSATION,
    CONVERSATION_COLUMNS,
    EFFECT_COLUMNS,
    KEY,
    MESSAGE_COLUMNS,
    OURS,
    OWNER,
    given,
)
from adapters.postgres.compiling import Statement
from adapters.postgres.tables import IS_ARCHIVED, conversations, idempotency_keys, messages
from domain.pages import MAX_PAGE_BYTES


def _window(first: ColumnElement[int], last: ColumnElement[int], *order: ColumnElement[Any]) -> Statement:
    """The messages from seq ``first`` to ``last``, in this order, with the conversation in the first row.

    A conversation without such messages is a row by itself. Seqs are dense, so a page is a range of the primary key.
    Of the range come as many messages as MAX_PAGE_BYTES hold, but at least one.
    """
    page = (
        select(
            *MESSAGE_COLUMNS,
            func.row_number().over(order_by=order).label("place"),
            func.sum(_SIZE).over(order_by=order, rows=(None, 0)).label("size"),
        )
        .where(
            messages.c.owner_id == OWNER,
            messages.c.conversation_id == CONVERSATION,
            messages.c.seq.between(first, last),
        )
        .correlate(conversations)
        .lateral("page")
    )
    is_first = or_(page.c.place == 1, page.c.place.is_(None))
    return Statement(
        select(
            *(case((is_first, c), else_=null()).label(f"conversation_{c.name}") for c in CONVERSATION_COLUMNS),
            *(page.c[c.name] for c in MESSAGE_COLUMNS),
        )
        .select_from(conversations.outerjoin(page, or_(page.c.place == 1, page.c.size <= MAX_PAGE_BYTES)))
        .where(OURS)
        .order_by(page.c.place)
    )


_SIZE = sum(
    (func.coalesce(func.octet_length(cast(messages.c[name], Text)), 0) for name in ("tool_calls", "metadata", "item")),
    func.coalesce(func.octet_length(cast(messages.c.content, Text)), 0),
)
_SEQ = messages.c.seq
_LAST = conversations.c.last_seq
_LIMIT = given("limit", BigInteger())
_ANCHOR = given("anchor", BigInteger())
_UP_TO = func.least(_ANCHOR - 1, _LAST)
_AROUND = func.greatest(1, func.least(_ANCHOR - _LIMIT // 2, _LAST - _LIMIT + 1))

MESSAGES_NEWEST = _window(_LAST - _LIMIT + 1, _LAST, _SEQ.desc())
MESSAGES_BEFORE = _window(_UP_TO - _LIMIT + 1, _UP_TO, _SEQ.desc())
MESSAGES_AFTER = _window(_ANCHOR + 1, func.least(_ANCHOR + _LIMIT, _LAST), _SEQ)
MESSAGES_AROUND = _window(_AROUND, _AROUND + _LIMIT - 1, func.abs(_SEQ - _ANCHOR), _SEQ)

MESSAGE = Statement(
    select(*MESSAGE_COLUMNS).where(
        messages.c.owner_id == OWNER,
        messages.c.conversation_id == CONVERSATION,
        messages.c.seq == given("seq", BigInteger()),
    )
)

EFFECT = Statement(select(*EFFECT_COLUMNS).where(idempotency_keys.c.owner_id == OWNER, idempotency_keys.c.key == KEY))

OPEN_CALLS = Statement(
    select(conversations.c.open_tool_calls, *EFFECT_COLUMNS)
    .select_from(
        conversations.outerjoin(
            idempotency_keys, and_(idempotency_keys.c.owner_id == OWNER, idempotency_keys.c.key == KEY)
        )
    )
    .where(OURS)
)

ONE_CONVERSATION = Statement(select(*CONVERSATION_COLUMNS).where(OURS))

CONVERSATIONS = Statement(
    select(*CONVERSATION_COLUMNS)
    .where(
        conversations.c.owner_id == OWNER,
        cast(given("archived", Boolean()), Integer) == IS_ARCHIVED,
        tuple_(conversations.c.updated_at, conversations.c.id)
        < tuple_(given("after_updated_at", TIMESTAMP(timezone=True)), given("after_id", Uuid())),
    )
    .order_by(conversations.c.updated_at.desc(), conversations.c.id.desc())
    .limit(_LIMIT)
)
