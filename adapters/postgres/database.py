"""The database: a pool of connections that runs one statement at a time and knows which failures pass."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import asyncpg

from adapters.postgres.address import DatabaseAddress
from domain.errors import UnavailableError

PASSING: Final = (
    OSError,  # refused, reset, unreachable; TimeoutError is one of them
    asyncpg.InterfaceError,  # the connection or the pool was closed under us
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # too many connections, disk full, out of memory
    asyncpg.OperatorInterventionError,  # shut down, crashed, starting up, statement cancelled
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, or a primary that was demoted
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """Connections of one process, and how long to wait (seconds) for one, for a new one, and for a statement."""

    size: int = 10
    acquire_timeout: float = 2.0
    connect_timeout: float = 3.0
    command_timeout: float = 5.0


class Database:
    """Runs statements, each its own transaction, on pooled connections."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", acquire_timeout: float) -> None:
        self._pool = pool
        self._acquire_timeout = acquire_timeout

    @classmethod
    @asynccontextmanager
    async def connect(cls, address: DatabaseAddress, settings: PoolSettings) -> AsyncIterator[Self]:
        """Open the pool. Connections are made when they are needed, so this works while the database is away."""
        async with asyncpg.create_pool(
            **address.arguments,
            min_size=0,
            max_size=settings.size,
            timeout=settings.connect_timeout,
            command_timeout=settings.command_timeout,
            reset=_keep,
        ) as pool:
            yield cls(pool, settings.acquire_timeout)

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        """All rows. Raises UnavailableError when the database is away, full or too slow."""
        try:
            async with self._pool.acquire(timeout=self._acquire_timeout) as connection:
                rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
        except PASSING as error:
            if isinstance(error, ValueError):  # asyncpg's word for an argument that it can't encode: a defect of ours
                raise
            raise UnavailableError from error
        return rows

    async def fetch_row(self, sql: str, arguments: Sequence[Any]) -> asyncpg.Record | None:
        """The first row, if there is one. Raises as ``fetch`` does."""
        rows = await self.fetch(sql, arguments)
        return rows[0] if rows else None


async def _keep(connection: object) -> None:
    """Leave a returned connection as it is: statements leave nothing behind, and asyncpg's reset is a round trip."""
