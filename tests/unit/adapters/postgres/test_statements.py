"""Every statement on our tables names their owner, and so does every key."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import (
    CTE,
    Column,
    Delete,
    Insert,
    Select,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    select,
    update,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList, ClauseElement
from sqlalchemy.sql.operators import and_, eq

import adapters.postgres
from adapters.postgres.compiling import Statement
from adapters.postgres.tables import SCHEMA, conversations, messages

OURS: set[Any] = set(SCHEMA.tables.values())
OVER_ALL_OWNERS = {
    "adapters.postgres.owner_data.OWNERS": "whose data is looked through for orphans",
    "adapters.postgres.owner_data.DISTINCT_OWNERS": "the same, where recursion is refused",
    "adapters.postgres.owner_data.OWNERS_OF_KEYS": "whose old keys are purged",
    "adapters.postgres.owner_data.DISTINCT_OWNERS_OF_KEYS": "the same, where recursion is refused",
    "adapters.postgres.inspecting.OWNERS_OF_ANYTHING": "whose data is checked",
    "adapters.postgres.inspecting.DISTINCT_OWNERS_OF_ANYTHING": "the same, where recursion is refused",
}
# Each owner is given with what is asked for, and each table is joined on it (ADR 20).
OF_SEVERAL_OWNERS = {
    "adapters.postgres.reply_writes.WRITE": "what all replies of a process say",
    "adapters.postgres.reply_reads.NEWS": "what all followers of a process wait for",
}
SILENT = "adapters.postgres.reply_reads.SILENT"


def all_statements() -> Iterator[tuple[str, Statement]]:
    """Every statement of the adapter."""
    for found in pkgutil.iter_modules(adapters.postgres.__path__, "adapters.postgres."):
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if isinstance(value, Statement):
                yield f"{found.name}.{name}", value


def test_each_statement_has_a_name_of_its_own_in_the_metrics() -> None:
    names = {place: statement.name for place, statement in all_statements()}

    assert names["adapters.postgres.writes.APPEND"] == "writes.append"
    assert names == {place: place.removeprefix("adapters.postgres.").lower() for place in names}


def test_a_statement_that_no_module_holds_has_the_name_of_all_others() -> None:
    assert Statement(select(conversations.c.id)).name == "other"


def is_owner(value: Any) -> bool:
    return isinstance(value, BindParameter) and value.key == "owner_id"


def is_given_owner(value: Any) -> bool:
    """Whether it is the owner in a row of the parameters."""
    table = getattr(value, "table", None)
    return getattr(value, "key", None) == "owner_id" and (
        isinstance(table, TableValuedAlias) or (isinstance(table, CTE) and table.name == "running")
    )


def unguarded(source: ClauseElement, is_owner: Callable[[Any], bool] = is_owner) -> list[str]:
    """The tables of ours that some part of a statement touches without an ``owner_id = :owner_id`` of its own."""
    found: list[str] = []
    part: Any
    for part in visitors.iterate(source):
        if isinstance(part, Insert):
            names, query = part._select_names or [], part.select
            written = dict(zip(names, query.selected_columns, strict=True)) if query is not None else {}
            found += [] if is_owner(written.get("owner_id")) else [part.table.name]
        elif isinstance(part, Update | Delete):
            changed: Any = part.table
            found += [] if guards(part.whereclause, changed, is_owner) else [changed.name]
        elif isinstance(part, Select):
            froms: list[Any] = [one for one in part.get_final_froms() if one not in part._correlate]
            sources = [one for source in froms for one in flat(source)]
            conditions = [part.whereclause, *(one for source in froms for one in joined_by(source))]
            tables = [one for one in sources if one in OURS or getattr(one, "element", None) in OURS]
            found += [table.name for table in tables if not any(guards(one, table, is_owner) for one in conditions)]
    return sorted(found)


def is_join(source: Any) -> bool:
    return hasattr(source, "onclause")


def flat(source: Any) -> Iterator[Any]:
    """The tables that a join joins."""
    if is_join(source):
        yield from flat(source.left)
        yield from flat(source.right)
    else:
        yield source


def joined_by(source: Any) -> Iterator[Any]:
    """The conditions of a join, and of the joins in it."""
    if is_join(source):
        yield source.onclause
        yield from joined_by(source.left)
        yield from joined_by(source.right)


def guards(condition: Any, table: Any, is_owner: Callable[[Any], bool]) -> bool:
    """Whether ``table.owner_id = :owner_id`` is among the conditions that are joined by AND."""
    if isinstance(condition, BooleanClauseList) and condition.operator is and_:
        return any(guards(part, table, is_owner) for part in condition.clauses)
    return (
        isinstance(condition, BinaryExpression)
        and condition.operator is eq
        and condition.left is table.c.owner_id
        and is_owner(condition.right)
    )


def test_every_statement_names_the_owner_of_every_table_it_touches() -> None:
    others = {*OVER_ALL_OWNERS, *OF_SEVERAL_OWNERS, SILENT}
    statements = {name: one for name, one in all_statements() if name not in others}

    assert len(statements) >= 15
    assert {name: missing for name, one in statements.items() if (missing := unguarded(one.source))} == {}


@pytest.mark.parametrize("name", OVER_ALL_OWNERS)
def test_a_statement_over_all_owners_reads_nothing_but_who_they_are(name: str) -> None:
    parts = list(visitors.iterate(dict(all_statements())[name].source))

    assert {part.name for part in parts if isinstance(part, Column) and part.table in OURS} == {"owner_id"}
    assert not any(isinstance(part, Insert | Update | Delete) for part in parts)


@pytest.mark.parametrize("name", OF_SEVERAL_OWNERS)
def test_a_statement_for_several_owners_names_each_of_them(name: str) -> None:
    assert unguarded(dict(all_statements())[name].source, is_given_owner) == []


def test_what_is_silent_tells_no_more_than_where_it_is() -> None:
    source: Any = dict(all_statements())[SILENT].source

    assert [column.name for column in source.selected_columns] == ["owner_id", "id", "reply_seq"]


def test_the_check_changes_nothing_and_locks_nothing() -> None:
    checks = [one for name, one in all_statements() if name.startswith("adapters.postgres.inspecting.")]
    parts = [part for one in checks for part in visitors.iterate(one.source)]

    assert len(checks) == 7
    assert not any(isinstance(part, Insert | Update | Delete) for part in parts)
    assert not any(isinstance(part, Select) and part._for_update_arg is not None for part in parts)


def test_no_statement_reads_a_clock_that_moves_while_it_runs() -> None:
    texts = {name: one.sql for name, one in all_statements()}

    assert any("statement_timestamp()" in sql for sql in texts.values())
    assert {name for name, sql in texts.items() if re.search(r"clock_timestamp|timeofday|\bnow\(", sql)} == set()


def test_a_statement_without_the_owner_would_be_noticed() -> None:
    owner = bindparam("owner_id", type_=Text())
    anybodys = messages.c.seq == 1

    assert unguarded(select(messages.c.seq).where(anybodys)) == ["messages"]
    assert unguarded(select(messages.c.seq).where((messages.c.owner_id == owner) | anybodys)) == ["messages"]
    assert unguarded(update(conversations).values(title="x").where(messages.c.owner_id == owner)) == ["conversations"]
    joined = select(messages.c.seq).select_from(messages.join(conversations, conversations.c.owner_id == owner))
    assert unguarded(joined) == ["messages"]
    assert unguarded(select(messages.c.seq).where(messages.c.owner_id == owner, anybodys)) == []


def test_every_key_begins_with_the_owner() -> None:
    for table in OURS:
        assert next(iter(table.primary_key.columns)).name == "owner_id"
        for key in table.foreign_keys:
            assert next(iter(key.constraint.columns)).name == "owner_id"
        for index in table.indexes:
            assert next(iter(index.columns)).name == "owner_id"
