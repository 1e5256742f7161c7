"""The owner archive over PostgreSQL."""

from collections.abc import AsyncGenerator, Sequence
from typing import Final, override
from uuid import UUID

import asyncpg
from sqlalchemy import Uuid, select

from adapters.postgres import message_windows
from adapters.postgres.columns import OWNER, given
from adapters.postgres.compiling import Statement
from adapters.postgres.owner_scan import LIMIT
from adapters.postgres.rows import conversation_of, message_of
from adapters.postgres.tables import conversations
from adapters.postgres.transactions import StatementRunner
from domain.conversation import Conversation
from domain.errors import ConflictError
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message
from domain.pages import MAX_MESSAGES
from domain.ports.owner_archive import OwnerArchive

_PAGE: Final = 1000
_LAST_ID: Final = (1 << 128) - 1

IDS = Statement(
    select(conversations.c.id)
    .where(conversations.c.owner_id == OWNER, conversations.c.id >= given("from_id", Uuid()))
    .order_by(conversations.c.id)
    .limit(LIMIT)
)


class PostgresOwnerArchive(OwnerArchive):
    """Walks along the primary keys; each statement reads a page.

    Over the database no connection is held between two pages. Over a snapshot all pages are of one instant.
    """

    def __init__(self, runner: StatementRunner, page_size: int = _PAGE) -> None:
        self._runner = runner
        self._page_size = page_size

    @override
    async def entries(self, owner_id: OwnerId) -> AsyncGenerator[Conversation | Message, None]:
        first = 0
        while first <= _LAST_ID:
            rows = await self._runner.rows(IDS, owner_id=owner_id, from_id=UUID(int=first), limit=self._page_size)
            for row in rows:
                async for entry in self._conversation(owner_id, ConversationId(row["id"])):
                    yield entry
            first = rows[-1]["id"].int + 1 if rows else _LAST_ID + 1

    async def _conversation(
        self, owner_id: OwnerId, conversation_id: ConversationId
    ) -> AsyncGenerator[Conversation | Message, None]:
        """The conversation and its messages; nothing if it was deleted after its id was read."""
        rows = await self._page(owner_id, conversation_id, 0)
        if not rows:
            return
        conversation = conversation_of(rows[0], "conversation_")
        yield conversation
        while messages := _messages_in(rows, conversation):
            for message in messages:
                yield message
            if rows[-1]["highest"] is None:
                return
            rows = await self._page(owner_id, conversation_id, messages[-1].seq)
            if not rows:
                raise ConflictError

    async def _page(self, owner_id: OwnerId, conversation_id: ConversationId, after: int) -> list[asyncpg.Record]:
        return await self._runner.rows(
            message_windows.MESSAGES_AFTER,
            owner_id=owner_id,
            conversation_id=conversation_id,
            anchor=after,
            limit=MAX_MESSAGES,
        )


def _messages_in(rows: Sequence[asyncpg.Record], conversation: Conversation) -> list[Message]:
    """The messages in a page, without those that were appended after the conversation was read."""
    return [message_of(conversation.id, row) for row in rows if 0 < (row["seq"] or 0) <= conversation.last_seq]
