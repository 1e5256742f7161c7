"""The embedded entry: the application in the caller's own process, for the agent runtime."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from application.facade import Application
from entrypoints.container.wiring import make_container
from entrypoints.settings import Settings


@asynccontextmanager
async def open_application(settings: Settings) -> AsyncIterator[Application]:
    """The same use cases that HTTP offers; the database's connections are closed at the end.

    A runtime acts as ``Principal.agent(on_behalf_of=user_id)`` and writes every role.
    """
    container = make_container(settings)
    try:
        yield await container.get(Application)
    finally:
        await container.close()
