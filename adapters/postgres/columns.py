"""What statements share: parameters, lists of columns, and the condition on the owner."""

from typing import Any

from sqlalchemy import ColumnElement, Text, Uuid, and_, bindparam, func
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeEngine

from adapters.postgres.tables import conversations, idempotency_keys, messages


def given(name: str, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    """A parameter."""
    return bindparam(name, type_=type_)


NOW: ColumnElement[Any] = func.statement_timestamp(type_=TIMESTAMP(timezone=True))
OWNER = given("owner_id", Text())
CONVERSATION = given("conversation_id", Uuid())
KEY = given("key", Text())

CONVERSATION_COLUMNS = [
    conversations.c.id,
    conversations.c.title,
    conversations.c.title_is_auto,
    conversations.c.metadata,
    conversations.c.last_seq,
    conversations.c.archived_at,
    conversations.c.created_at,
    conversations.c.updated_at,
    conversations.c.reply_seq,
]
MESSAGE_COLUMNS = [
    messages.c.seq,
    messages.c.role,
    messages.c.content,
    messages.c.tool_calls,
    messages.c.tool_call_id,
    messages.c.name,
    messages.c.status,
    messages.c.metadata,
    messages.c.created_at,
    messages.c.item,
]
EFFECT_COLUMNS = [
    idempotency_keys.c.fingerprint,
    idempotency_keys.c.conversation_id,
    idempotency_keys.c.first_seq,
    idempotency_keys.c.last_seq,
    idempotency_keys.c.created_at,
]

OURS = and_(conversations.c.owner_id == OWNER, conversations.c.id == CONVERSATION)
"""The condition for one conversation of the owner."""

REMAINING = and_(
    messages.c.owner_id == OWNER, messages.c.conversation_id == CONVERSATION, messages.c.removed_at.is_(None)
)
"""The condition for the messages of one conversation of the owner that are not removed."""
