"""The queries that this package makes, as it needs them of a database."""

from collections.abc import Sequence
from typing import Any, Protocol


class Row(Protocol):
    """A row, by the names of its columns."""

    def __getitem__(self, column: str, /) -> Any:
        """A column's value."""


class Queries(Protocol):
    """Runs statements with numbered parameters, each in a transaction of its own, on the primary."""

    async def fetch(self, sql: str, arguments: Sequence[Any], *, name: str = ...) -> Sequence[Row]:
        """All rows; ``name`` is what the statement is called where statements are counted.

        Raises UnavailableError when the database is away.
        """

    async def fetch_row(self, sql: str, arguments: Sequence[Any], *, name: str = ...) -> Row | None:
        """The first row, if there is one. Raises UnavailableError when the database is away."""
