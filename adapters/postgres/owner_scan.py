"""The owners in tables, found without reading all their rows."""

from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import ColumnElement, Select, Table, Text, func, literal, select, union
from sqlalchemy.types import BigInteger

from adapters.postgres.columns import given
from adapters.postgres.compiling import Statement
from adapters.postgres.database import Database
from domain.errors import UnavailableError
from domain.identifiers import OwnerId

AFTER = given("after", Text())
LIMIT = given("limit", BigInteger())


def owners_in(*tables: Table) -> Select[Any]:
    """The owners in these tables, by a loose index scan: one step from an owner to the next, whatever they have."""
    found = select(_next_owner(tables, AFTER).label("owner_id"), literal(1, BigInteger()).label("place")).cte(
        "found", recursive=True
    )
    found = found.union_all(
        select(_next_owner(tables, found.c.owner_id), found.c.place + 1).where(
            found.c.owner_id.is_not(None), found.c.place < LIMIT
        )
    )
    return select(found.c.owner_id).where(found.c.owner_id.is_not(None)).order_by(found.c.place)


def distinct_owners_in(*tables: Table) -> Select[Any]:
    """The same owners, without recursion. It reads all their rows in the index, and on Citus more in each shard."""
    each = (
        select(one.c.owner_id).where(one.c.owner_id > AFTER).distinct().order_by(one.c.owner_id).limit(LIMIT).subquery()
        for one in tables
    )
    found = union(*(select(one.c.owner_id) for one in each)).subquery("found")
    return select(found.c.owner_id).order_by(found.c.owner_id).limit(LIMIT)


async def page_of_owners(
    database: Database, statement: Statement, without_recursion: Statement, after: str, limit: int
) -> Sequence[OwnerId]:
    """The next owners, by the second statement where the first is refused, as by Citus. Raises UnavailableError."""
    try:
        rows = await database.rows(statement, after=after, limit=limit)
    except UnavailableError as error:
        if not isinstance(error.__cause__, asyncpg.FeatureNotSupportedError):
            raise
        rows = await database.rows(without_recursion, after=after, limit=limit)
    return [OwnerId(row["owner_id"]) for row in rows]


def _next_owner(tables: tuple[Table, ...], after: ColumnElement[Any]) -> ColumnElement[Any]:
    firsts = (select(func.min(one.c.owner_id)).where(one.c.owner_id > after).scalar_subquery() for one in tables)
    return func.least(*firsts)
