"""Service against service: this project's HTTP API and OGX's, one worker process each.

This project looks a session up in the database for every request, which OGX does not. `make bench-peers` runs it.
"""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, override

from adapters.better_auth.development import open_session
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.database import Database, PoolSettings
from tests.benchmarks.peers import ogx
from tests.benchmarks.peers.contest import compete
from tests.benchmarks.peers.serving import Served, served
from tests.benchmarks.peers.work import Contestant
from tests.support.commands import AI_AGENT, INHERITED, WITH_AUTHENTICATION
from tests.support.sockets import free_port


class OverHttp(Served):
    """The API that this project's front ends use."""

    name = "ai-agent serve"
    conversations_path = "/api/conversations"
    items_path = "/messages"
    newest_query = ""

    @override
    def body(self, texts: Sequence[str]) -> Any:
        return {"messages": [{"role": "user", "content": text} for text in texts]}


@asynccontextmanager
async def open_ours(database_url: str) -> AsyncIterator[Contestant]:
    """`ai-agent serve` on a migrated database, for a user with a session."""
    port = free_port()
    command = [str(AI_AGENT), "serve", "--port", str(port)]
    variables = {**INHERITED, **WITH_AUTHENTICATION, "DATABASE_URL": database_url}
    async with Database.connect(DatabaseAddress.parse(database_url), PoolSettings(size=1)) as database:
        token = await open_session(database)
    async with served(OverHttp, command, port, environment=variables, token=token) as contestant:
        yield contestant


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder)
        ogx.install(environment)
        compete(open_ours, partial(ogx.open_ogx, environment))
