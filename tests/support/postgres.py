"""The PostgreSQL of the tests: the one that DATABASE_URL names, else one in a container, else the embedded one."""

import asyncio
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from adapters.embedded_postgres.server import EmbeddedPostgres
from adapters.postgres.address import DatabaseAddress
from tests.support import citus

_IMAGE = "postgres:18"


@cache
def source() -> str:
    """Which one this run takes."""
    if os.environ.get("DATABASE_URL"):
        return "the one that DATABASE_URL names"
    return f"a container of {_IMAGE}" if docker_answers() else "embedded"


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """A URL at which databases may be created, for as long as the context lasts."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
    elif docker_answers():
        from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - only where Docker is

        with PostgresContainer(_IMAGE, driver=None) as container:
            yield container.get_connection_url()
    else:
        with EmbeddedPostgres(folder / "postgres", settings={"max_connections": "200"}) as server:
            yield server.url


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """The URL of an empty database of its own."""
    name = f"ai_agent_test_{secrets.token_hex(6)}"
    url = asyncio.run(citus.create_database(server_url, name))
    try:
        yield url
    finally:
        asyncio.run(citus.drop_database(server_url, name))


def past_pooler(url: str) -> str:
    """The same database at the server's own address, which DIRECT_DATABASE_URL names if DATABASE_URL is a pooler's."""
    direct = os.environ.get("DIRECT_DATABASE_URL")
    return urlunsplit(urlsplit(direct)._replace(path=urlsplit(url).path)) if direct else url


def execute(url: str, *statements: str) -> list[asyncpg.Record]:
    """Run statements, each its own transaction; the rows of the last."""
    return asyncio.run(citus.execute(url, *statements))


@contextmanager
def transaction(url: str, *statements: str) -> Iterator[None]:
    """Somebody else's transaction that has done this, and stays open until the end."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(**DatabaseAddress.parse(url).arguments))
        for statement in ("BEGIN", *statements):
            runner.run(connection.execute(statement))
        try:
            yield
        finally:
            runner.run(connection.close())


@cache
def docker_answers() -> bool:
    """Whether a Docker engine listens where DOCKER_HOST says, or at its usual place."""
    place = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    try:
        if place.scheme == "unix":
            with socket.socket(socket.AF_UNIX) as engine:
                engine.connect(place.path)
        else:
            socket.create_connection((place.hostname, place.port), timeout=2).close()
    except OSError:
        return False
    return True
