"""Library against library: this project in process, and the session that the OpenAI Agents SDK keeps by SQLAlchemy.

Both in one process and on one event loop, with as many connections as workers. `make bench-peers` runs it.
"""

import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import override

from agents.extensions.memory import SQLAlchemySession
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from application.facade import Application
from domain.identifiers import ConversationId
from domain.message import NewMessage
from domain.pages import MessageWindow
from domain.principal import Principal
from domain.roles import Role
from entrypoints.embedded import open_application
from entrypoints.settings import Settings
from tests.benchmarks.peers.contest import compete
from tests.benchmarks.peers.work import WORKERS, Contestant

_AGENT = Principal.agent(on_behalf_of="ann")


class InProcess(Contestant):
    """The facade, as an agent runtime uses it; a message that was read ends as a dict, as the SDK's items do."""

    name = "ai-agent, in process"

    def __init__(self, application: Application) -> None:
        self._application = application
        self._conversations: list[ConversationId] = []

    @override
    def cpu(self) -> float:
        return time.process_time()

    @override
    async def create(self) -> None:
        created = await self._application.create_conversation(_AGENT)
        self._conversations.append(created.conversation.id)

    @override
    async def append(self, conversation: int, texts: Sequence[str]) -> None:
        messages = [NewMessage(role=Role.USER, content=text) for text in texts]
        await self._application.append_messages(_AGENT, self._conversations[conversation], messages)

    @override
    async def newest(self, conversation: int, limit: int) -> int:
        window = MessageWindow(limit=limit)
        page = await self._application.read_history(_AGENT, self._conversations[conversation], window)
        return len([message.to_chat() for message in page.messages])


class AgentsSession(Contestant):
    """``SQLAlchemySession``, one for each conversation, on an engine that they share."""

    name = "SQLAlchemySession"

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sessions: list[SQLAlchemySession] = []

    @override
    def cpu(self) -> float:
        return time.process_time()

    @override
    async def create(self) -> None:
        self._sessions.append(SQLAlchemySession(secrets.token_hex(8), engine=self._engine, create_tables=True))

    @override
    async def append(self, conversation: int, texts: Sequence[str]) -> None:
        await self._sessions[conversation].add_items([{"role": "user", "content": text} for text in texts])

    @override
    async def newest(self, conversation: int, limit: int) -> int:
        return len(await self._sessions[conversation].get_items(limit=limit))


@asynccontextmanager
async def open_ours(database_url: str) -> AsyncIterator[Contestant]:
    """This project on a migrated database."""
    async with open_application(Settings(database_url=database_url, database_pool_size=WORKERS)) as application:
        yield InProcess(application)


@asynccontextmanager
async def open_theirs(database_url: str) -> AsyncIterator[Contestant]:
    """The SDK's session; it makes its tables itself."""
    url = make_url(database_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, pool_size=WORKERS, max_overflow=0)
    try:
        yield AgentsSession(engine)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    compete(open_ours, open_theirs)
