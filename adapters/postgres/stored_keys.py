"""Idempotency keys, owner by owner, in PostgreSQL: for the job that purges them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import override

from sqlalchemy import Interval, delete, func, select

from adapters.postgres.columns import NOW, OWNER, given
from adapters.postgres.compiling import Statement
from adapters.postgres.database import Database
from adapters.postgres.owner_scan import LIMIT, owners_in
from adapters.postgres.tables import idempotency_keys
from domain.identifiers import OwnerId
from domain.ports.stored_keys import StoredKeys

_MINE = idempotency_keys.c.owner_id == OWNER
_BATCH = (
    select(idempotency_keys.c.key)
    .where(_MINE, idempotency_keys.c.created_at < NOW - given("age", Interval()))
    .order_by(idempotency_keys.c.key)
    .limit(LIMIT)
    .with_for_update()  # in one order: jobs that run at once wait, and never deadlock
    .cte("batch")
)
_DELETED = (
    delete(idempotency_keys)
    .where(_MINE, idempotency_keys.c.key.in_(select(_BATCH.c.key)))
    .returning(idempotency_keys.c.key)
    .cte("deleted")
)

OWNERS_OF_KEYS = Statement(owners_in(idempotency_keys))
DELETE_OLD_KEYS = Statement(select(func.count().label("keys")).select_from(_DELETED))


class PostgresStoredKeys(StoredKeys):
    """Looks for old keys in PostgreSQL, and deletes them, one short statement at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        values = {"after": after or "", "limit": limit}
        rows = await self._database.fetch(OWNERS_OF_KEYS.sql, OWNERS_OF_KEYS.arguments(values))
        return [OwnerId(row["owner_id"]) for row in rows]

    @override
    async def delete_older_than(self, owner_id: OwnerId, age: timedelta, limit: int) -> int:
        """Not repeated on a connection that broke: the batch may be gone already, and would not be counted."""
        values = {"owner_id": owner_id, "age": age, "limit": limit}
        arguments = DELETE_OLD_KEYS.arguments(values)
        (row,) = await self._database.fetch(DELETE_OLD_KEYS.sql, arguments, may_repeat=False)
        return int(row["keys"])
