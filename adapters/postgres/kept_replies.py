"""The statements on replies as their messages keep them, also when their logs are deleted."""

from typing import Final

from sqlalchemy import and_, delete, func, null, select, update

from adapters.postgres.columns import CONVERSATION, OURS, OWNER, REMAINING
from adapters.postgres.compiling import Statement
from adapters.postgres.reply_writes import EMPTIED, OUR_BATCHES, REPLY, RUNS
from adapters.postgres.tables import conversations, messages, reply_batches
from domain.pages import MAX_SEQ
from domain.roles import Role

_first: Final = messages.alias("first")
_later: Final = messages.alias("later")

_TURN: Final = (
    select(_first.c.reply_to)
    .where(_first.c.owner_id == OWNER, _first.c.conversation_id == CONVERSATION, _first.c.seq == REPLY)
    .where(_first.c.removed_at.is_(None), _first.c.role == Role.ASSISTANT.value)
    .scalar_subquery()
)
"""The turn that the reply answers; NULL if there is no such reply."""
_NEXT_OTHER: Final = (
    select(_later.c.seq)
    .where(_later.c.owner_id == OWNER, _later.c.conversation_id == CONVERSATION, _later.c.seq > REPLY)
    .where(_later.c.reply_to.is_distinct_from(_TURN))
    .order_by(_later.c.seq)
    .limit(1)
    .scalar_subquery()
)
"""The seq of the first message after the reply that is not the reply's: not more than that is read."""

FIND = Statement(
    select(
        func.coalesce(_NEXT_OTHER - 1, conversations.c.last_seq).label("last_seq"),
        messages.c.metadata,
        messages.c.created_at,
    )
    .select_from(messages.join(conversations, OURS))
    .where(REMAINING, messages.c.seq == REPLY, _TURN.is_not(None))
)

DISSOLVE = Statement(
    update(messages)
    .where(REMAINING, messages.c.seq >= REPLY, messages.c.seq < func.coalesce(_NEXT_OTHER, MAX_SEQ + 1))
    .where(_TURN.is_not(None), ~RUNS)
    .values(reply_to=null(), metadata=EMPTIED["metadata"])
    .returning(messages.c.seq)
    .add_cte(delete(reply_batches).where(and_(OUR_BATCHES, reply_batches.c.seq == REPLY), ~RUNS).cte("forgotten"))
)
