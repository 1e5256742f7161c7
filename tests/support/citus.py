"""A cluster of Citus, where the tests' PostgreSQL is its coordinator: its databases, and our tables distributed."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from adapters.postgres.address import DatabaseAddress

IS_CITUS: Final = "SELECT FROM pg_extension WHERE extname = 'citus'"
DISTRIBUTE: Final = re.findall(
    r"^SELECT create_distributed_table.*$",
    (Path(__file__).parents[2] / "docs" / "scaling.md").read_text(),
    re.MULTILINE,
)
"""The statements of the guide that distribute our tables."""


async def nodes(url: str) -> list[str]:
    """The URLs of a database on each node, the coordinator's first; its own alone on a server without Citus."""
    if not await execute(url, IS_CITUS):
        return [url]
    rows = await execute(url, "SELECT nodename, nodeport FROM pg_dist_node ORDER BY groupid")
    user, at, _ = urlsplit(url).netloc.rpartition("@")
    return [urlunsplit(urlsplit(url)._replace(netloc=f"{user}{at}{host}:{port}")) for host, port in rows]


async def create_database(server_url: str, name: str) -> str:
    """Create a database; on a coordinator, on its workers too, and make them one cluster. Its URL."""
    urls = [(one, urlunsplit(urlsplit(one)._replace(path=f"/{name}"))) for one in await nodes(server_url)]
    is_citus = await execute(server_url, IS_CITUS)
    for server, database in urls:
        await execute(server, f"CREATE DATABASE {name}")
        if is_citus:
            await execute(database, "CREATE EXTENSION citus")
    own = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    if is_citus:
        places = [urlsplit(database) for _, database in urls]
        await execute(own, f"SELECT citus_set_coordinator_host('{places[0].hostname}', {places[0].port})")
        for place in places[1:]:
            await execute(own, f"SELECT citus_add_node('{place.hostname}', {place.port})")
    return own


async def drop_database(server_url: str, name: str) -> None:
    """Drop what ``create_database`` created."""
    for server in await nodes(server_url):
        await execute(server, f"DROP DATABASE {name} WITH (FORCE)")


async def distribute(url: str) -> None:
    """Distribute our tables as the guide says, if the database is a cluster's."""
    if await execute(url, IS_CITUS):
        await execute(url, *DISTRIBUTE)


async def execute(url: str, *statements: str) -> list[asyncpg.Record]:
    """Run statements, each its own transaction; the rows of the last."""
    connection = await asyncpg.connect(**DatabaseAddress.parse(url).arguments)
    try:
        rows: list[asyncpg.Record] = []
        for statement in statements:
            rows = await connection.fetch(statement)
        return rows
    finally:
        await connection.close()
