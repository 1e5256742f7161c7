"""The statements that write; each names the owner, and the state that it was decided on."""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Text,
    and_,
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
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB
from sqlalchemy.types import BigInteger, Boolean, LargeBinary, TypeEngine

from adapters.postgres.columns import CONVERSATION, CONVERSATION_COLUMNS, KEY, NOW, OURS, OWNER, given
from adapters.postgres.compiling import Statement
from adapters.postgres.tables import conversations, idempotency_keys, messages

NEW_MESSAGE: dict[str, type[TypeEngine[Any]]] = {
    "role": Text,
    "content": JSON,
    "tool_calls": JSON,
    "tool_call_id": Text,
    "name": Text,
    "status": Text,
    "metadata": JSON,
    "item": JSON,
}
COUNT = given("count", BigInteger())
FOLLOWS = given("follows", BigInteger())
LEAVES = given("leaves", ARRAY(Text))
_MOST_MESSAGES = given("most_messages", BigInteger())
_MOST_CONVERSATIONS = given("most_conversations", BigInteger())
_CALLS_DECIDED_ON = given("decided_on", ARRAY(Text))
_TITLE = given("suggested_title", Text())

AS_DECIDED = (
    or_(_CALLS_DECIDED_ON.is_(None), conversations.c.open_tool_calls == _CALLS_DECIDED_ON),
    or_(FOLLOWS.is_(None), conversations.c.last_seq == FOLLOWS),
    or_(_MOST_MESSAGES == 0, conversations.c.last_seq + COUNT <= _MOST_MESSAGES),
)
"""The conditions on the state that an append was decided on."""
_LAST_OF_QUOTA = (
    select(conversations.c.id).where(conversations.c.owner_id == OWNER).offset(_MOST_CONVERSATIONS - 1).limit(1)
)
"""The owner's conversation with which the quota is reached. No more of them are read than the quota allows."""
TITLED: dict[str, ColumnElement[Any]] = {
    "title": func.coalesce(conversations.c.title, _TITLE),
    "title_is_auto": case((conversations.c.title.is_(None), _TITLE.is_not(None)), else_=conversations.c.title_is_auto),
}
"""The suggested title, for a conversation that has none."""


def insert_key(
    written: CTE, first_seq: ColumnElement[Any], last_seq: ColumnElement[Any], at: ColumnElement[Any]
) -> CTE:
    """Inserts the key. If it exists, the violation of its primary key undoes the whole statement."""
    return (
        insert(idempotency_keys)
        .from_select(
            ["owner_id", "key", "fingerprint", "conversation_id", "first_seq", "last_seq", "created_at"],
            select(OWNER, KEY, given("fingerprint", LargeBinary()), CONVERSATION, first_seq, last_seq, at)
            .select_from(written)
            .where(KEY.is_not(None)),
        )
        .cte("kept_key")
    )


def insert_messages(
    written: CTE, before_first: ColumnElement[Any], at: ColumnElement[Any], reply_to: ColumnElement[Any] | None = None
) -> CTE:
    """Inserts the new messages, with the seqs that follow ``before_first``.

    ``reply_to``: the seq of the turn that those after it answer.
    """
    new = (
        func.unnest(*(given(f"messages_{name}", ARRAY(type_)) for name, type_ in NEW_MESSAGE.items()))
        .table_valued(*(column(name, type_) for name, type_ in NEW_MESSAGE.items()), with_ordinality="place")
        .render_derived("new")
    )
    row: dict[str, ColumnElement[Any]] = {
        "owner_id": OWNER,
        "conversation_id": CONVERSATION,
        "seq": before_first + new.c.place,
        **{name: new.c[name] for name in NEW_MESSAGE},
        "created_at": at,
    }
    if reply_to is not None:
        row["reply_to"] = case((row["seq"] > reply_to, reply_to))
    return (
        insert(messages)
        .from_select([*row], select(*row.values()).select_from(written.join(new, true())))
        .cte("kept_messages")
    )


def advance_conversation(count: ColumnElement[Any], *conditions: ColumnElement[bool], **values: Any) -> CTE:
    """Counts the messages that are written, under these conditions; ``values`` are further columns to set."""
    return (
        update(conversations)
        .where(OURS, *conditions)
        .values(
            last_seq=conversations.c.last_seq + count,
            updated_at=func.greatest(NOW, conversations.c.updated_at),
            **values,
        )
        .returning(conversations.c.last_seq, conversations.c.updated_at)
        .cte("written")
    )


def _append() -> Statement:
    written = advance_conversation(
        COUNT,
        conversations.c.reply_seq.is_(None),
        *AS_DECIDED,
        open_tool_calls=func.coalesce(LEAVES, conversations.c.open_tool_calls),
        **TITLED,
    )
    before_first = written.c.last_seq - COUNT
    return Statement(
        select(written.c.last_seq, written.c.updated_at).add_cte(
            insert_key(written, before_first + 1, written.c.last_seq, written.c.updated_at),
            insert_messages(written, before_first, written.c.updated_at),
        )
    )


def insert_conversation(count: ColumnElement[Any], **more: Any) -> CTE:
    """Inserts the conversation with the count of its first messages, unless its owner has as many as may be.

    ``more`` are further columns.
    """
    row = {
        "title": given("title", Text()),
        "title_is_auto": given("title_is_auto", Boolean()),
        "metadata": given("metadata", JSONB()),
        "last_seq": count,
        "open_tool_calls": LEAVES,
        **more,
    }
    return (
        insert(conversations)
        .from_select(
            ["owner_id", "id", *row, "created_at", "updated_at"],
            select(OWNER, CONVERSATION, *row.values(), NOW, NOW).where(
                or_(_MOST_CONVERSATIONS == 0, ~_LAST_OF_QUOTA.exists())
            ),
        )
        .returning(conversations.c.last_seq, conversations.c.created_at)
        .cte("written")
    )


def _create() -> Statement:
    written = insert_conversation(COUNT)
    return Statement(
        select(written.c.created_at).add_cte(
            insert_key(written, literal(1, BigInteger()), written.c.last_seq, written.c.created_at),
            insert_messages(written, literal(0, BigInteger()), written.c.created_at),
        )
    )


CREATE = _create()
APPEND = _append()

_NEW_TITLE = given("title", Text())
_SETS_TITLE = given("sets_title", Boolean())
_ARCHIVED = given("archived", Boolean())
_DECIDED_ON = given("decided_on", JSONB())
_CLOCK = select(NOW.label("now")).cte("clock")  # Citus has no function in a CASE

UPDATE = Statement(
    update(conversations)
    .where(OURS, or_(_DECIDED_ON.is_(None), conversations.c.metadata == _DECIDED_ON))
    .values(
        title=case((_SETS_TITLE, _NEW_TITLE), else_=conversations.c.title),
        title_is_auto=and_(conversations.c.title_is_auto, ~_SETS_TITLE),
        metadata=func.coalesce(given("metadata", JSONB()), conversations.c.metadata),
        archived_at=case(
            (_ARCHIVED.is_(None), conversations.c.archived_at),
            (_ARCHIVED, func.coalesce(conversations.c.archived_at, _CLOCK.c.now)),
            else_=null(),
        ),
    )
    .returning(*CONVERSATION_COLUMNS)
)

DELETE = Statement(delete(conversations).where(OURS).returning(conversations.c.id))
