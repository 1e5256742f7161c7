"""The statements that read the logs of replies."""

from typing import Any

from sqlalchemy import ColumnElement, Interval, Text, Uuid, and_, column, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Integer

from adapters.postgres.columns import CONVERSATION, NOW, OURS, OWNER, given
from adapters.postgres.compiling import Statement
from adapters.postgres.reply_writes import OUR_BATCHES, REPLY
from adapters.postgres.tables import conversations, idempotency_keys, messages, reply_batches

MOST_BATCHES = 100
_TURN = given("turn", BigInteger())


def _log(seq: ColumnElement[Any]) -> Statement:
    """A conversation with the batches of the reply that begins at this seq; it is a row by itself if there are none."""
    return Statement(
        select(
            conversations.c.reply_seq,
            conversations.c.last_seq,
            select(messages.c.reply_to)
            .where(messages.c.owner_id == OWNER, messages.c.conversation_id == CONVERSATION, messages.c.seq == seq)
            .correlate(conversations)
            .scalar_subquery()
            .label("turn"),
            reply_batches.c.n,
            reply_batches.c.events,
            (NOW - reply_batches.c.written_at).label("silence"),
        )
        .select_from(conversations.outerjoin(reply_batches, and_(OUR_BATCHES, reply_batches.c.seq == seq)))
        .where(OURS)
        .order_by(reply_batches.c.n)
    )


def _news() -> Statement:
    """The next batches of several replies. As no number is missing, a bound on the number is one on the count.

    A LIMIT would be refused by Citus. The order keeps the subquery whole, so that it is looked up for each reply.
    """
    names: dict[str, Any] = {"owner_id": Text, "conversation_id": Uuid, "seq": BigInteger, "n": Integer}
    followed = (
        func.unnest(*(given(f"followed_{name}", ARRAY(type_)) for name, type_ in names.items()))
        .table_valued(*(column(name, type_) for name, type_ in names.items()), with_ordinality="place")
        .render_derived("followed")
    )
    found = (
        select(reply_batches.c.n, reply_batches.c.events)
        .where(
            reply_batches.c.owner_id == followed.c.owner_id,
            reply_batches.c.conversation_id == followed.c.conversation_id,
            reply_batches.c.seq == followed.c.seq,
            reply_batches.c.n >= followed.c.n,
            reply_batches.c.n < followed.c.n + MOST_BATCHES,
        )
        .order_by(reply_batches.c.n)
        .lateral("found")
    )
    return Statement(
        select(followed.c.place, found.c.n, found.c.events)
        .select_from(followed.join(found, true()))
        .order_by(followed.c.place, found.c.n)
    )


TURN_KEY = Statement(
    select(idempotency_keys.c.key, idempotency_keys.c.fingerprint).where(
        idempotency_keys.c.owner_id == OWNER,
        idempotency_keys.c.conversation_id == CONVERSATION,
        idempotency_keys.c.first_seq <= _TURN,
        idempotency_keys.c.last_seq >= _TURN,
    )
)
"""No index helps: it reads all keys of the owner. It is asked for where a stopped reply is not ended by its writer."""

RUNNING = _log(conversations.c.reply_seq)
RECORDED = _log(REPLY)
NEWS = _news()

SILENT = Statement(
    select(conversations.c.owner_id, conversations.c.id, conversations.c.reply_seq)
    .where(
        conversations.c.reply_seq.is_not(None),
        ~select(reply_batches.c.n)
        .where(
            reply_batches.c.owner_id == conversations.c.owner_id,
            reply_batches.c.conversation_id == conversations.c.id,
            reply_batches.c.seq == conversations.c.reply_seq,
            reply_batches.c.written_at > NOW - given("least", Interval()),
        )
        .exists(),
    )
    .limit(given("limit", BigInteger()))
)
