"""The statements that read; each names the owner."""

from sqlalchemy import Uuid, and_, cast, func, select, tuple_
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import BigInteger, Boolean, Integer

from adapters.postgres.columns import (
    CONVERSATION_COLUMNS,
    EFFECT_COLUMNS,
    KEY,
    MESSAGE_COLUMNS,
    OURS,
    OWNER,
    REMAINING,
    given,
)
from adapters.postgres.compiling import Statement
from adapters.postgres.tables import IS_ARCHIVED, conversations, idempotency_keys, messages

MESSAGE = Statement(select(*MESSAGE_COLUMNS).where(REMAINING, messages.c.seq == given("seq", BigInteger())))

COUNT_BEFORE = Statement(
    select(func.count().label("messages")).where(REMAINING, messages.c.seq < given("anchor", BigInteger()))
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
    .limit(given("limit", BigInteger()))
)
