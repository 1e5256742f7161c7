"""The owner data repository over PostgreSQL."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, override

import asyncpg
from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    Interval,
    and_,
    any_,
    cast,
    delete,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Integer

from adapters.postgres import inspecting
from adapters.postgres.columns import NOW, OWNER, given
from adapters.postgres.compiling import Statement
from adapters.postgres.database import Database
from adapters.postgres.owner_scan import LIMIT, distinct_owners_in, owners_in, page_of_owners
from adapters.postgres.tables import IS_ARCHIVED, conversations, idempotency_keys
from domain.identifiers import OwnerId
from domain.maintenance import Holdings, OwnedRows
from domain.ports.owner_data_repository import OwnerDataRepository

_AGE = given("age", Interval())


def _holdings(last_seq: ColumnElement[Any]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The numbers of conversations and messages. Seqs are dense, so the last seq is the number of messages."""
    messages = cast(func.coalesce(func.sum(last_seq), 0), BigInteger)
    return func.count().label("conversations"), messages.label("messages")


def _delete_first(key: Column[Any], *conditions: ColumnElement[bool]) -> Delete:
    """Deletes the owner's first rows by this key. Locked in its order, so that concurrent jobs can't deadlock."""
    mine = key.table.c.owner_id == OWNER
    batch = select(key).where(mine, *conditions).order_by(key).limit(LIMIT).with_for_update().cte("batch")
    return delete(key.table).where(mine, key.in_(select(batch.c[key.name])))


_DELETED = _delete_first(conversations.c.id).returning(conversations.c.last_seq).cte("deleted")
_IS_OLD = or_(_AGE.is_(None), idempotency_keys.c.created_at < NOW - _AGE)
_DELETED_KEYS = _delete_first(idempotency_keys.c.key, _IS_OLD).returning(idempotency_keys.c.key).cte("deleted")

_MY_EXPIRED = and_(
    conversations.c.owner_id == OWNER,
    any_(literal_column("'{0,1}'", ARRAY(Integer))) == IS_ARCHIVED,  # the index has it before the time
    conversations.c.updated_at < NOW - _AGE,
    conversations.c.reply_seq.is_(None),
)


def _delete_expired() -> Delete:
    """Deletes the owner's conversations that are expired, also once they are locked.

    One that somebody else has locked is written to. It is passed over, so that there is no waiting and no deadlock.
    """
    batch = select(conversations.c.id).where(_MY_EXPIRED).limit(LIMIT).with_for_update(skip_locked=True).cte("batch")
    return delete(conversations).where(conversations.c.owner_id == OWNER, conversations.c.id.in_(select(batch.c.id)))


_DELETED_EXPIRED = _delete_expired().returning(conversations.c.last_seq).cte("deleted")

OWNERS = Statement(owners_in(conversations, idempotency_keys))
DISTINCT_OWNERS = Statement(distinct_owners_in(conversations, idempotency_keys))
OWNERS_OF_KEYS = Statement(owners_in(idempotency_keys))
DISTINCT_OWNERS_OF_KEYS = Statement(distinct_owners_in(idempotency_keys))
HOLDINGS = Statement(select(*_holdings(conversations.c.last_seq)).where(conversations.c.owner_id == OWNER))
EXPIRED = Statement(select(*_holdings(conversations.c.last_seq)).where(_MY_EXPIRED))
DELETE_EXPIRED = Statement(select(*_holdings(_DELETED_EXPIRED.c.last_seq)))
DELETE_CONVERSATIONS = Statement(select(*_holdings(_DELETED.c.last_seq)))
DELETE_KEYS = Statement(select(func.count().label("keys")).select_from(_DELETED_KEYS))


class PostgresOwnerDataRepository(OwnerDataRepository):
    """Finds and deletes what owners have, by short statements."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        return await page_of_owners(self._database, OWNERS, DISTINCT_OWNERS, after or "", limit)

    @override
    async def owners_of_keys(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        return await page_of_owners(self._database, OWNERS_OF_KEYS, DISTINCT_OWNERS_OF_KEYS, after or "", limit)

    @override
    async def holdings(self, owner_id: OwnerId) -> Holdings:
        (row,) = await self._database.rows(HOLDINGS, owner_id=owner_id)
        return _holdings_of(row)

    @override
    async def rows(self, owner_id: OwnerId) -> OwnedRows:
        (row,) = await self._database.rows(inspecting.ROWS, owner_id=owner_id)
        return OwnedRows(**dict(row))

    @override
    async def delete_conversations(self, owner_id: OwnerId, limit: int) -> Holdings:
        return _holdings_of(await self._delete(DELETE_CONVERSATIONS, owner_id=owner_id, limit=limit))

    @override
    async def expired(self, owner_id: OwnerId, older_than: timedelta) -> Holdings:
        (row,) = await self._database.rows(EXPIRED, owner_id=owner_id, age=older_than)
        return _holdings_of(row)

    @override
    async def delete_expired(self, owner_id: OwnerId, limit: int, older_than: timedelta) -> Holdings:
        return _holdings_of(await self._delete(DELETE_EXPIRED, owner_id=owner_id, limit=limit, age=older_than))

    @override
    async def delete_keys(self, owner_id: OwnerId, limit: int, older_than: timedelta | None = None) -> int:
        row = await self._delete(DELETE_KEYS, owner_id=owner_id, limit=limit, age=older_than)
        return int(row["keys"])

    async def _delete(self, statement: Statement, **values: Any) -> asyncpg.Record:
        """The row of a deletion. Not repeated on a broken connection: a batch that is gone would not be counted."""
        (row,) = await self._database.rows(statement, may_repeat=False, **values)
        return row


def _holdings_of(row: asyncpg.Record) -> Holdings:
    return Holdings(conversations=row["conversations"], messages=row["messages"])
