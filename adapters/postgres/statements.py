"""Every statement on our tables; each is guarded by its owner, and each write by the state it was decided on."""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    column,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB, TIMESTAMP
from sqlalchemy.types import BigInteger, Boolean, LargeBinary, TypeEngine

from adapters.postgres.compiling import Statement
from adapters.postgres.tables import conversations, idempotency_keys, messages


def _given(name: str, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    return bindparam(name, type_=type_)


_NOW: ColumnElement[Any] = func.clock_timestamp(type_=TIMESTAMP(timezone=True))
OWNER = _given("owner_id", Text())
CONVERSATION = _given("conversation_id", Uuid())
KEY = _given("key", Text())

_CONVERSATION_COLUMNS = [
    conversations.c.id,
    conversations.c.title,
    conversations.c.title_is_auto,
    conversations.c.metadata,
    conversations.c.last_seq,
    conversations.c.archived_at,
    conversations.c.created_at,
    conversations.c.updated_at,
]
_MESSAGE_COLUMNS = [
    messages.c.seq,
    messages.c.role,
    messages.c.content,
    messages.c.tool_calls,
    messages.c.tool_call_id,
    messages.c.name,
    messages.c.status,
    messages.c.metadata,
    messages.c.created_at,
]
_EFFECT_COLUMNS = [
    idempotency_keys.c.fingerprint,
    idempotency_keys.c.conversation_id,
    idempotency_keys.c.first_seq,
    idempotency_keys.c.last_seq,
    idempotency_keys.c.created_at,
]
_NEW_MESSAGE: dict[str, type[TypeEngine[Any]]] = {
    "role": Text,
    "content": JSON,
    "tool_calls": JSON,
    "tool_call_id": Text,
    "name": Text,
    "status": Text,
    "metadata": JSON,
}
_OURS = and_(conversations.c.owner_id == OWNER, conversations.c.id == CONVERSATION)


def _insert_key(written: CTE, first_seq: ColumnElement[Any], at: ColumnElement[Any]) -> CTE:
    """The key beside its effect: one that exists breaks its primary key, and that undoes the whole statement."""
    return (
        insert(idempotency_keys)
        .from_select(
            ["owner_id", "key", "fingerprint", "conversation_id", "first_seq", "last_seq", "created_at"],
            select(OWNER, KEY, _given("fingerprint", LargeBinary()), CONVERSATION, first_seq, written.c.last_seq, at)
            .select_from(written)
            .where(KEY.is_not(None)),
        )
        .cte("kept_key")
    )


def _insert_messages(written: CTE, before_first: ColumnElement[Any], at: ColumnElement[Any]) -> CTE:
    new = (
        func.unnest(*(_given(f"messages_{name}", ARRAY(type_)) for name, type_ in _NEW_MESSAGE.items()))
        .table_valued(*(column(name, type_) for name, type_ in _NEW_MESSAGE.items()), with_ordinality="place")
        .render_derived("new")
    )
    return (
        insert(messages)
        .from_select(
            ["owner_id", "conversation_id", "seq", *_NEW_MESSAGE, "created_at"],
            select(
                OWNER, CONVERSATION, before_first + new.c.place, *(new.c[name] for name in _NEW_MESSAGE), at
            ).select_from(written.join(new, true())),
        )
        .cte("kept_messages")
    )


def _append() -> Statement:
    count = _given("count", BigInteger())
    title = _given("suggested_title", Text())
    decided_on = _given("decided_on", ARRAY(Text))
    follows = _given("follows", BigInteger())
    written = (
        update(conversations)
        .where(
            _OURS,
            or_(decided_on.is_(None), conversations.c.open_tool_calls == decided_on),
            or_(follows.is_(None), conversations.c.last_seq == follows),
        )
        .values(
            last_seq=conversations.c.last_seq + count,
            open_tool_calls=func.coalesce(_given("leaves", ARRAY(Text)), conversations.c.open_tool_calls),
            title=func.coalesce(conversations.c.title, title),
            title_is_auto=case(
                (conversations.c.title.is_(None), title.is_not(None)), else_=conversations.c.title_is_auto
            ),
            updated_at=func.greatest(_NOW, conversations.c.updated_at),
        )
        .returning(conversations.c.last_seq, conversations.c.updated_at)
        .cte("written")
    )
    before_first = written.c.last_seq - count
    return Statement(
        select(written.c.last_seq, written.c.updated_at).add_cte(
            _insert_key(written, before_first + 1, written.c.updated_at),
            _insert_messages(written, before_first, written.c.updated_at),
        )
    )


def _create() -> Statement:
    clock = select(_NOW.label("now")).cte("clock")  # one reading for all that is written
    given = {
        "title": _given("title", Text()),
        "title_is_auto": _given("title_is_auto", Boolean()),
        "metadata": _given("metadata", JSONB()),
        "last_seq": _given("count", BigInteger()),
        "open_tool_calls": _given("leaves", ARRAY(Text)),
    }
    written = (
        insert(conversations)
        .from_select(
            ["owner_id", "id", *given, "created_at", "updated_at"],
            select(OWNER, CONVERSATION, *given.values(), clock.c.now, clock.c.now),
        )
        .returning(conversations.c.last_seq, conversations.c.created_at)
        .cte("written")
    )
    return Statement(
        select(written.c.created_at).add_cte(
            _insert_key(written, literal(1, BigInteger()), written.c.created_at),
            _insert_messages(written, literal(0, BigInteger()), written.c.created_at),
        )
    )


def _window(first: ColumnElement[int], last: ColumnElement[int]) -> Statement:
    """The conversation, beside each message from ``first`` to ``last``; its metadata only once, as it may be large.

    As seqs are dense, a page is a range of the primary key wherever it lies.
    """
    page = (
        select(*_MESSAGE_COLUMNS)
        .where(
            messages.c.owner_id == OWNER,
            messages.c.conversation_id == CONVERSATION,
            messages.c.seq.between(first, last),
        )
        .order_by(messages.c.seq)
        .limit(_LIMIT)
        .correlate(conversations)
        .lateral("page")
    )
    is_first = or_(page.c.seq.is_(None), page.c.seq == func.greatest(first, 1))
    return Statement(
        select(
            *(c.label(f"conversation_{c.name}") for c in _CONVERSATION_COLUMNS if c.name != "metadata"),
            case((is_first, conversations.c.metadata), else_=null()).label("conversation_metadata"),
            *page.c,
        )
        .select_from(conversations.outerjoin(page, true()))
        .where(_OURS)
        .order_by(page.c.seq)
    )


_LAST = conversations.c.last_seq
_LIMIT = _given("limit", BigInteger())
_ANCHOR = _given("anchor", BigInteger())
_UP_TO = func.least(_ANCHOR - 1, _LAST)
_AROUND = func.greatest(1, func.least(_ANCHOR - _LIMIT // 2, _LAST - _LIMIT + 1))

CREATE = _create()
APPEND = _append()
MESSAGES_NEWEST = _window(_LAST - _LIMIT + 1, _LAST)
MESSAGES_BEFORE = _window(_UP_TO - _LIMIT + 1, _UP_TO)
MESSAGES_AFTER = _window(_ANCHOR + 1, _LAST)
MESSAGES_AROUND = _window(_AROUND, _AROUND + _LIMIT - 1)

MESSAGE = Statement(
    select(*_MESSAGE_COLUMNS).where(
        messages.c.owner_id == OWNER,
        messages.c.conversation_id == CONVERSATION,
        messages.c.seq == _given("seq", BigInteger()),
    )
)

EFFECT = Statement(select(*_EFFECT_COLUMNS).where(idempotency_keys.c.owner_id == OWNER, idempotency_keys.c.key == KEY))

OPEN_CALLS = Statement(
    select(conversations.c.open_tool_calls, *_EFFECT_COLUMNS)
    .select_from(
        conversations.outerjoin(
            idempotency_keys, and_(idempotency_keys.c.owner_id == OWNER, idempotency_keys.c.key == KEY)
        )
    )
    .where(_OURS)
)

ONE_CONVERSATION = Statement(select(*_CONVERSATION_COLUMNS).where(_OURS))

CONVERSATIONS = Statement(
    select(*_CONVERSATION_COLUMNS)
    .where(
        conversations.c.owner_id == OWNER,
        conversations.c.archived_at.is_not(None) == _given("archived", Boolean()),
        tuple_(conversations.c.updated_at, conversations.c.id)
        < tuple_(_given("after_updated_at", TIMESTAMP(timezone=True)), _given("after_id", Uuid())),
    )
    .order_by(conversations.c.updated_at.desc(), conversations.c.id.desc())
    .limit(_LIMIT)
)

_NEW_TITLE = _given("title", Text())
_SETS_TITLE = _given("sets_title", Boolean())
_ARCHIVED = _given("archived", Boolean())
_DECIDED_ON = _given("decided_on", JSONB())

UPDATE = Statement(
    update(conversations)
    .where(_OURS, or_(_DECIDED_ON.is_(None), conversations.c.metadata == _DECIDED_ON))
    .values(
        title=case((_SETS_TITLE, _NEW_TITLE), else_=conversations.c.title),
        title_is_auto=and_(conversations.c.title_is_auto, ~_SETS_TITLE),
        metadata=func.coalesce(_given("metadata", JSONB()), conversations.c.metadata),
        archived_at=case(
            (_ARCHIVED.is_(None), conversations.c.archived_at),
            (_ARCHIVED, func.coalesce(conversations.c.archived_at, _NOW)),
            else_=null(),
        ),
    )
    .returning(*_CONVERSATION_COLUMNS)
)

DELETE = Statement(delete(conversations).where(_OURS).returning(conversations.c.id))
