"""The embedded application: the use cases in the caller's own process, for an agent runtime."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from application.facade import Application
from entrypoints.container.wiring import make_container
from entrypoints.settings import Settings


@asynccontextmanager
async def open_application(settings: Settings) -> AsyncIterator[Application]:
    """The use cases, the same as over HTTP. At the end running replies are ended and connections closed.

    A runtime acts as ``Principal.agent(on_behalf_of=user_id)`` and writes every role.
    """
    container = make_container(settings)
    try:
        yield await container.get(Application)
    finally:
        await container.close()
