"""What goes on in a database meanwhile."""

import asyncio

import asyncpg

from adapters.postgres.address import DatabaseAddress


async def until_sessions(url: str, condition: str, count: int = 1) -> None:
    """Return once so many other sessions with the database meet the condition on pg_stat_activity, or more."""
    query = f"""
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}
    """  # noqa: S608 - the tests' own
    connection = await asyncpg.connect(**DatabaseAddress.parse(url).arguments)
    try:
        async with asyncio.timeout(30):
            while await connection.fetchval(query) < count:  # noqa: ASYNC110 - PostgreSQL rings no bell
                await asyncio.sleep(0.005)
    finally:
        await connection.close()
