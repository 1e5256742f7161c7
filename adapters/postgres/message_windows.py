"""The statements that read a page of messages; each walks along the primary key, over the messages that remain."""

from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, Text, and_, case, cast, func, null, or_, select, union_all

from adapters.postgres.columns import CONVERSATION_COLUMNS, MESSAGE_COLUMNS, OURS, REMAINING, given
from adapters.postgres.compiling import Statement
from adapters.postgres.tables import conversations, messages
from domain.pages import MAX_PAGE_BYTES

_SIZE: Final = sum(
    (func.coalesce(func.octet_length(cast(messages.c[name], Text)), 0) for name in ("tool_calls", "metadata", "item")),
    func.coalesce(func.octet_length(cast(messages.c.content, Text)), 0),
).label("own_size")
_SEQ: Final = messages.c.seq
_LIMIT: Final = given("limit", BigInteger())
_ANCHOR: Final = given("anchor", BigInteger())


def _from(order: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
    """The messages in this order: one more than the limit, to see that there are more."""
    return select(*MESSAGE_COLUMNS, _SIZE).where(REMAINING, *conditions).order_by(order).limit(_LIMIT + 1)


def _window(
    found: Select[Any],
    order: str,
    *,
    lowest: ColumnElement[Any] | None = None,
    highest: ColumnElement[Any] | None = None,
) -> Statement:
    """The page of the messages that were found, in this order, with the conversation in the first row.

    A conversation without such messages is a row by itself. There are as many messages as the limit says and
    MAX_PAGE_BYTES hold, but at least one. ``lowest`` and ``highest`` are the seqs of messages, or null; if they lie
    outside the page, there are more on that side. If one is not given, the last row has the seq of the next message.
    """
    each = found.subquery("each")
    by = {
        "newest first": (each.c.seq.desc(),),
        "oldest first": (each.c.seq,),
        "nearest first": (func.abs(each.c.seq - _ANCHOR), each.c.seq),
    }[order]
    page = select(
        *(each.c[c.name] for c in MESSAGE_COLUMNS),
        *(
            function.over(order_by=by, rows=(None, 0)).label(name)  # all over one window, so the rows pass once
            for name, function in (
                ("place", func.row_number()),
                ("size", func.sum(each.c.own_size)),
                ("next_seq", func.lead(each.c.seq)),
            )
        ),
    ).subquery("page")
    is_first = or_(page.c.place == 1, page.c.place.is_(None))
    fits = or_(page.c.place == 1, and_(page.c.place <= _LIMIT, page.c.size <= MAX_PAGE_BYTES))
    return Statement(
        select(
            *(case((is_first, c), else_=null()).label(f"conversation_{c.name}") for c in CONVERSATION_COLUMNS),
            (page.c.next_seq if lowest is None else lowest).label("lowest"),
            (page.c.next_seq if highest is None else highest).label("highest"),
            *(page.c[c.name] for c in MESSAGE_COLUMNS),
        )
        .select_from(conversations.outerjoin(page, fits))
        .where(OURS)
        .order_by(page.c.place)
    )


def _nearest(order: ColumnElement[Any], condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """The seq of the first message in this order."""
    return select(_SEQ).where(REMAINING, condition).order_by(order).limit(1).scalar_subquery()


def _around() -> Statement:
    """Half of the messages are before the anchor; if one side has fewer, the other has more.

    The seqs alone are looked at first, as many on each side as the page may have, and one more. Their places are -1, -2
    and so on before the anchor, and 0, 1, 2 and so on from it on.
    """
    before, after = (
        select(_SEQ).where(REMAINING, condition).order_by(order).limit(_LIMIT + 1).subquery(name)
        for name, condition, order in (("before", _SEQ < _ANCHOR, _SEQ.desc()), ("after", _SEQ >= _ANCHOR, _SEQ))
    )
    near = union_all(
        select(before.c.seq, (-func.row_number().over(order_by=before.c.seq.desc())).label("place")),
        select(after.c.seq, (func.row_number().over(order_by=after.c.seq) - 1).label("place")),
    ).cte("near")
    last_place = func.max(near.c.place)
    begin = (
        select(func.greatest(func.min(near.c.place), func.least(-(_LIMIT // 2), last_place - _LIMIT + 1)))
        .select_from(near)
        .scalar_subquery()
    )
    first = select(func.min(near.c.seq)).where(near.c.place >= begin).scalar_subquery()
    last = select(func.max(near.c.seq)).where(near.c.place < begin + _LIMIT).scalar_subquery()
    return _window(
        select(*MESSAGE_COLUMNS, _SIZE).where(REMAINING, _SEQ.between(first, last)),
        "nearest first",
        lowest=select(func.min(near.c.seq)).scalar_subquery(),
        highest=select(func.max(near.c.seq)).scalar_subquery(),
    )


MESSAGES_NEWEST = _window(_from(_SEQ.desc()), "newest first", highest=null())
MESSAGES_BEFORE = _window(_from(_SEQ.desc(), _SEQ < _ANCHOR), "newest first", highest=_nearest(_SEQ, _SEQ >= _ANCHOR))
MESSAGES_AFTER = _window(_from(_SEQ, _SEQ > _ANCHOR), "oldest first", lowest=_nearest(_SEQ.desc(), _SEQ <= _ANCHOR))
MESSAGES_AROUND = _around()
