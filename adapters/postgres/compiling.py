"""Statements, written in SQLAlchemy Core and compiled once, at import, to asyncpg's numbered parameters."""

import sys
from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

_PACKAGE = __name__.rpartition(".")[0]
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
        self._name: str | None = None
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}

    @property
    def name(self) -> str:
        """Where it stands, such as ``writes.append``: modules of this package hold each statement once."""
        if self._name is None:
            self._name = _places().get(id(self), "other")
        return self._name

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        """The values in the order of the placeholders; KeyError for one that is missing."""
        return [values[name] if name in values else self._constants[name] for name in self.parameters]


def _places() -> dict[int, str]:
    return {
        id(value): f"{path.rpartition('.')[2]}.{name.lower()}"
        for path, module in [*sys.modules.items()]
        if path.startswith(f"{_PACKAGE}.")
        for name, value in vars(module).items()
        if isinstance(value, Statement)
    }
