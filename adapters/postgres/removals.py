"""The statements that remove messages: each takes what they say, and leaves their rows as places in the order."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, any_, case, delete, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Boolean

from adapters.postgres.columns import NOW, OURS, REMAINING, given
from adapters.postgres.compiling import Statement
from adapters.postgres.reply_writes import EMPTIED, OUR_BATCHES
from adapters.postgres.tables import conversations, messages, reply_batches
from adapters.postgres.writes import FOLLOWS, LEAVES

_DECIDED_ON: Final = given("decided_on", ARRAY(Text))
_TITLE: Final = given("title", Text())
_SETS_TITLE: Final = given("sets_title", Boolean())


def _remove(which: ColumnElement[bool], expected: ColumnElement[Any] | None = None) -> Statement:
    """Locks the conversation's row first, and removes nothing if that is not as expected.

    If another number of messages was there than ``expected``, a division by zero undoes the whole statement: that they
    are there is seen only after the lock, when the open calls are written already.
    What messages of a reply said is in its log, too. So the logs go as well, which nobody needs when no reply runs.
    """
    retitles = and_(_SETS_TITLE, conversations.c.title_is_auto)
    written = (
        update(conversations)
        .where(
            OURS,
            conversations.c.reply_seq.is_(None),
            or_(FOLLOWS.is_(None), conversations.c.last_seq == FOLLOWS),
            or_(_DECIDED_ON.is_(None), conversations.c.open_tool_calls == _DECIDED_ON),
        )
        .values(
            open_tool_calls=func.coalesce(LEAVES, conversations.c.open_tool_calls),
            title=case((retitles, _TITLE), else_=conversations.c.title),
            title_is_auto=case((retitles, _TITLE.is_not(None)), else_=conversations.c.title_is_auto),
        )
        .returning(conversations.c.id)
        .cte("written")
    )
    removed = (
        update(messages)
        .where(REMAINING, which, messages.c.conversation_id == written.c.id)
        .values(removed_at=NOW, **EMPTIED)
        .returning(messages.c.seq)
        .cte("removed")
    )
    forgotten = (
        delete(reply_batches)
        .where(OUR_BATCHES, reply_batches.c.conversation_id == written.c.id)
        .returning(reply_batches.c.n)
        .cte("forgotten")
    )
    count = select(func.count()).select_from(removed).scalar_subquery()
    are_all: ColumnElement[Any] = true() if expected is None else count == expected
    return Statement(select(1 / case((are_all, 1), else_=0)).select_from(written).add_cte(removed, forgotten))


_SEQS: Final = given("seqs", ARRAY(BigInteger))

REMOVE = _remove(messages.c.seq == any_(_SEQS), func.cardinality(_SEQS))
CLEAR = _remove(messages.c.seq <= FOLLOWS)
