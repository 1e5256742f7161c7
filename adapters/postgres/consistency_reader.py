"""The consistency reader over PostgreSQL."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, override
from uuid import UUID

import asyncpg

from adapters.postgres import inspecting
from adapters.postgres.compiling import Statement
from adapters.postgres.database import Database
from adapters.postgres.owner_scan import page_of_owners
from domain.consistency import CallHistory, StoredConversation, StoredIdempotencyKey, ToolStep
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import JsonText
from domain.ports.consistency_reader import ConsistencyReader
from domain.roles import Role

_PAGE: Final = 200
_LAST_ID: Final = (1 << 128) - 1


class PostgresConsistencyReader(ConsistencyReader):
    """Walks along the primary keys; each statement reads a page."""

    def __init__(self, database: Database, page_size: int = _PAGE) -> None:
        self._database = database
        self._page_size = page_size

    @override
    async def owners(self) -> AsyncIterator[OwnerId]:
        after = ""
        scan = inspecting.OWNERS_OF_ANYTHING, inspecting.DISTINCT_OWNERS_OF_ANYTHING
        while owners := await page_of_owners(self._database, *scan, after, self._page_size):
            for owner_id in owners:
                yield owner_id
            after = owners[-1]

    @override
    async def rows_of_nobody(self) -> Mapping[str, int]:
        (row,) = await self._database.rows(inspecting.ROWS, owner_id="")
        return dict(row)

    @override
    async def conversations(self, owner_id: OwnerId) -> AsyncIterator[StoredConversation]:
        async for row in self._by_id(inspecting.CONVERSATIONS, owner_id):
            yield StoredConversation(**dict(row))

    @override
    async def stray_messages(self, owner_id: OwnerId) -> AsyncIterator[tuple[ConversationId, int]]:
        async for row in self._by_id(inspecting.STRAY_MESSAGES, owner_id):
            if row["stray"]:
                yield ConversationId(row["conversation_id"]), row["stray"]

    @override
    async def keys(self, owner_id: OwnerId) -> AsyncIterator[StoredIdempotencyKey]:
        after = ""
        while rows := await self._page(inspecting.KEYS, owner_id=owner_id, key=after):
            for row in rows:
                yield _key_of(row)
            after = rows[-1]["key"]

    @override
    async def calls(self, owner_id: OwnerId, conversation_id: ConversationId) -> CallHistory | None:
        rows = await self._database.rows(inspecting.CALLS, owner_id=owner_id, conversation_id=conversation_id)
        if not rows:
            return None
        tool_steps = tuple(_tool_step_of(row) for row in rows if row["seq"] is not None)
        return CallHistory(open_calls=tuple(rows[0]["open_tool_calls"]), tool_steps=tool_steps)

    async def _by_id(self, statement: Statement, owner_id: OwnerId) -> AsyncIterator[asyncpg.Record]:
        first = 0
        while first <= _LAST_ID:
            rows = await self._page(statement, owner_id=owner_id, from_id=UUID(int=first))
            for row in rows:
                yield row
            first = rows[-1]["conversation_id"].int + 1 if rows else _LAST_ID + 1

    async def _page(self, statement: Statement, **values: Any) -> Sequence[asyncpg.Record]:
        return await self._database.rows(statement, limit=self._page_size, **values)


def _key_of(row: asyncpg.Record) -> StoredIdempotencyKey:
    return StoredIdempotencyKey(
        conversation_id=ConversationId(row["conversation_id"]),
        first_seq=row["first_seq"],
        last_seq=row["last_seq"],
        conversation_last_seq=row["conversation_last_seq"],
    )


def _tool_step_of(row: asyncpg.Record) -> ToolStep:
    tool_calls = None if row["tool_calls"] is None else JsonText(row["tool_calls"])
    return ToolStep(
        seq=row["seq"],
        role=Role(row["role"]),
        removed=row["removed"],
        tool_calls=tool_calls,
        tool_call_id=row["tool_call_id"],
    )
