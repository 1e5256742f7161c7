"""The owners in tables, found without reading all their rows."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, Text, func, literal, select
from sqlalchemy.types import BigInteger

from adapters.postgres.columns import given

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


def _next_owner(tables: tuple[Table, ...], after: ColumnElement[Any]) -> ColumnElement[Any]:
    firsts = (select(func.min(one.c.owner_id)).where(one.c.owner_id > after).scalar_subquery() for one in tables)
    return func.least(*firsts)
