"""Statements, written in SQLAlchemy Core and compiled once, at import, to asyncpg's numbered parameters."""

from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT = PGDialect_asyncpg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # SQLAlchemy's own gap


class Statement:
    """A compiled statement: ``sql`` with ``$1`` to ``$n``, whose values are the named ``parameters`` in that order."""

    def __init__(self, source: ClauseElement) -> None:
        compiled = source.compile(dialect=_DIALECT)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("only a query or a change of rows can be a statement")
        self.source = source
        self.sql = str(compiled)
        self.parameters = tuple(compiled.positiontup or ())
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        """The values in the order of the placeholders; KeyError for one that is missing."""
        return [values[name] if name in values else self._constants[name] for name in self.parameters]
