"""What is kept, owner by owner, in PostgreSQL: for the jobs that clean up."""

from collections.abc import Sequence
from typing import Any, override

import asyncpg
from sqlalchemy import Column, ColumnElement, Delete, cast, delete, func, select
from sqlalchemy.types import BigInteger

from adapters.postgres.columns import OWNER, given
from adapters.postgres.compiling import Statement
from adapters.postgres.database import Database
from adapters.postgres.owner_scan import owners_in
from adapters.postgres.tables import conversations, idempotency_keys
from domain.identifiers import OwnerId
from domain.maintenance import Holdings
from domain.ports.owned_data import OwnedData

_LIMIT = given("limit", BigInteger())


def _holdings(last_seq: ColumnElement[Any]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Seqs are dense, so the last one is the number of messages: none of them is read."""
    messages = cast(func.coalesce(func.sum(last_seq), 0), BigInteger)
    return func.count().label("conversations"), messages.label("messages")


def _delete_first(key: Column[Any]) -> Delete:
    """The owner's first rows by this key, locked in its order: jobs that run at once wait, and never deadlock."""
    owner_id = key.table.c.owner_id
    batch = select(key).where(owner_id == OWNER).order_by(key).limit(_LIMIT).with_for_update().cte("batch")
    return delete(key.table).where(owner_id == OWNER, key.in_(select(batch.c[key.name])))


_DELETED = _delete_first(conversations.c.id).returning(conversations.c.last_seq).cte("deleted")
_DELETED_KEYS = _delete_first(idempotency_keys.c.key).returning(idempotency_keys.c.key).cte("deleted")

OWNERS = Statement(owners_in(conversations, idempotency_keys))
"""The one statement over all owners; it reads nothing but who they are."""
HOLDINGS = Statement(select(*_holdings(conversations.c.last_seq)).where(conversations.c.owner_id == OWNER))
DELETE_CONVERSATIONS = Statement(select(*_holdings(_DELETED.c.last_seq)))
DELETE_IDEMPOTENCY_KEYS = Statement(select(func.count().label("keys")).select_from(_DELETED_KEYS))


class PostgresOwnedData(OwnedData):
    """Looks through what PostgreSQL keeps, and deletes it, one short statement at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        rows = await self._fetch(OWNERS, after=after or "", limit=limit)
        return [OwnerId(row["owner_id"]) for row in rows]

    @override
    async def holdings(self, owner_id: OwnerId) -> Holdings:
        (row,) = await self._fetch(HOLDINGS, owner_id=owner_id)
        return _holdings_of(row)

    @override
    async def delete_conversations(self, owner_id: OwnerId, limit: int) -> Holdings:
        row = await self._delete(DELETE_CONVERSATIONS, owner_id, limit)
        return _holdings_of(row)

    @override
    async def delete_idempotency_keys(self, owner_id: OwnerId, limit: int) -> int:
        row = await self._delete(DELETE_IDEMPOTENCY_KEYS, owner_id, limit)
        return int(row["keys"])

    async def _fetch(self, statement: Statement, **values: Any) -> Sequence[asyncpg.Record]:
        return await self._database.fetch(statement.sql, statement.arguments(values))

    async def _delete(self, statement: Statement, owner_id: OwnerId, limit: int) -> asyncpg.Record:
        """Not repeated on a connection that broke: the batch may be gone already, and would not be counted."""
        values = {"owner_id": owner_id, "limit": limit}
        (row,) = await self._database.fetch(statement.sql, statement.arguments(values), may_repeat=False)
        return row


def _holdings_of(row: asyncpg.Record) -> Holdings:
    return Holdings(conversations=row["conversations"], messages=row["messages"])
