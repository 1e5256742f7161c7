"""What goes on in a database meanwhile."""

import asyncio

import asyncpg

from adapters.postgres.address import DatabaseAddress
from tests.support.citus import nodes


async def until_sessions(url: str, condition: str, count: int = 1) -> None:
    """Return once so many other sessions with the database meet the condition on pg_stat_activity, or more.

    In a cluster, on all its nodes: a statement waits for its lock on the node that has the rows.
    """
    query = f"""
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}
    """  # noqa: S608 - the tests' own
    connections = [await asyncpg.connect(**DatabaseAddress.parse(one).arguments) for one in await nodes(url)]
    try:
        async with asyncio.timeout(30):
            while sum([await one.fetchval(query) for one in connections]) < count:  # noqa: ASYNC110 - PostgreSQL rings no bell
                await asyncio.sleep(0.005)
    finally:
        for connection in connections:
            await connection.close()
