"""The import of conversations over PostgreSQL, within one transaction."""

from collections.abc import Sequence
from typing import Any, override

import asyncpg
from sqlalchemy import Text, column, func, insert, literal, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.types import BigInteger, Boolean

from adapters.postgres.columns import CONVERSATION, NOW, OURS, OWNER, given
from adapters.postgres.compiling import Statement
from adapters.postgres.rows import values_of_messages
from adapters.postgres.tables import conversations, messages
from adapters.postgres.transactions import Transaction
from adapters.postgres.writes import NEW_MESSAGE
from domain.conversation import Conversation
from domain.errors import ConflictError
from domain.identifiers import ConversationId, OwnerId
from domain.imports import ImportedMessage
from domain.message import Status
from domain.ports.conversation_import import ConversationImport
from domain.roles import Role

_TIME = TIMESTAMP(timezone=True)
_CONVERSATION = {
    "title": given("title", Text()),
    "title_is_auto": given("title_is_auto", Boolean()),
    "metadata": given("metadata", JSONB()),
    "last_seq": given("last_seq", BigInteger()),
    "open_tool_calls": literal([], ARRAY(Text)),
    "archived_at": given("archived_at", _TIME),
    "created_at": given("created_at", _TIME),
    "updated_at": given("updated_at", _TIME),
}
_MESSAGE: dict[str, Any] = {**NEW_MESSAGE, "seq": BigInteger, "created_at": _TIME}


def _insert_messages() -> Statement:
    imported = (
        func.unnest(*(given(f"messages_{name}", ARRAY(type_)) for name, type_ in _MESSAGE.items()))
        .table_valued(*(column(name, type_) for name, type_ in _MESSAGE.items()))
        .render_derived("imported")
    )
    source = select(OWNER, CONVERSATION, *(imported.c[name] for name in _MESSAGE)).select_from(imported)
    return Statement(insert(messages).from_select(["owner_id", "conversation_id", *_MESSAGE], source))


def _insert_removed() -> Statement:
    series = func.generate_series(given("first_seq", BigInteger()), given("last_seq", BigInteger()))
    seq = series.table_valued(column("seq", BigInteger)).render_derived("removed").c.seq
    row = {
        "seq": seq,
        "role": literal(Role.USER.value, Text()),
        "status": literal(Status.COMPLETED.value, Text()),
        "metadata": literal_column("'{}'::json"),
        "created_at": given("created_at", _TIME),
        "removed_at": NOW,
    }
    return Statement(
        insert(messages).from_select(["owner_id", "conversation_id", *row], select(OWNER, CONVERSATION, *row.values()))
    )


FIND = Statement(select(conversations.c.id).where(OURS))
BEGIN = Statement(
    insert(conversations).from_select(
        ["owner_id", "id", *_CONVERSATION], select(OWNER, CONVERSATION, *_CONVERSATION.values())
    )
)
WRITE = _insert_messages()
LEAVE_OUT = _insert_removed()
LEAVE_OPEN = Statement(update(conversations).where(OURS).values(open_tool_calls=given("calls", ARRAY(Text))))


class PostgresConversationImport(ConversationImport):
    """Writes in a transaction: whoever opened it commits all, or nothing."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @override
    async def begin(self, owner_id: OwnerId, conversation: Conversation) -> bool:
        place = {"owner_id": owner_id, "conversation_id": conversation.id}
        if await self._transaction.rows(FIND, **place):
            return False
        try:
            await self._transaction.rows(
                BEGIN,
                title=conversation.title,
                title_is_auto=conversation.title_is_auto,
                metadata=conversation.metadata.text,
                last_seq=conversation.last_seq,
                archived_at=conversation.archived_at,
                created_at=conversation.created_at,
                updated_at=conversation.updated_at,
                **place,
            )
        except asyncpg.UniqueViolationError as error:
            raise ConflictError from error
        return True

    @override
    async def write(
        self, owner_id: OwnerId, conversation_id: ConversationId, messages: Sequence[ImportedMessage]
    ) -> None:
        await self._transaction.rows(
            WRITE,
            owner_id=owner_id,
            conversation_id=conversation_id,
            messages_seq=[imported.seq for imported in messages],
            messages_created_at=[imported.created_at for imported in messages],
            **values_of_messages([imported.message for imported in messages]),
        )

    @override
    async def leave_out(self, owner_id: OwnerId, conversation: Conversation, first_seq: int, last_seq: int) -> None:
        await self._transaction.rows(
            LEAVE_OUT,
            owner_id=owner_id,
            conversation_id=conversation.id,
            first_seq=first_seq,
            last_seq=last_seq,
            created_at=conversation.updated_at,
        )

    @override
    async def leave_open(self, owner_id: OwnerId, conversation_id: ConversationId, calls: frozenset[str]) -> None:
        await self._transaction.rows(
            LEAVE_OPEN, owner_id=owner_id, conversation_id=conversation_id, calls=sorted(calls)
        )
