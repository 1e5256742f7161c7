"""Violations of constraints, as a cluster of Citus reports them."""

import re
from typing import Final

import asyncpg

from adapters.postgres.tables import SCHEMA

_ERRORS: Final = {"pk": asyncpg.UniqueViolationError, "fk": asyncpg.ForeignKeyViolationError}
_NAMES: Final = "|".join(
    str(constraint.name)
    for table in SCHEMA.tables.values()
    for constraint in table.constraints
    if str(constraint.name)[:2] in _ERRORS
)
_OF_A_SHARD: Final = re.compile(rf"\b({_NAMES})_\d+\b")
"""A shard's constraint is named as the table's, and then the shard's number follows."""


def violation_of(error: BaseException) -> asyncpg.IntegrityConstraintViolationError | None:
    """The violation that an internal error reports, if it does.

    Citus sends the rows of an INSERT that reads a query to their node by COPY. What that node refuses arrives with its
    message, but with the SQLSTATE XX000 and without the name of the constraint (Citus 13, ReportCopyError).
    """
    if type(error) is not asyncpg.InternalServerError:
        return None
    named = _OF_A_SHARD.search(str(error))
    return _ERRORS[named[1][:2]](str(error)) if named else None
