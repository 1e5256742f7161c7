"""The embedded application: the use cases in the caller's own process, for an agent runtime."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from application.facade import Application
from entrypoints.container.observing import TraceHooks
from entrypoints.container.wiring import make_container
from entrypoints.settings import Settings


@asynccontextmanager
async def open_application(settings: Settings, *, hooks: TraceHooks | None = None) -> AsyncIterator[Application]:
    """The use cases, the same as over HTTP. At the end running replies are ended and connections closed.

    A runtime acts as ``Principal.agent(on_behalf_of=user_id)`` and writes every role. ``hooks``: who traces.
    """
    container = make_container(settings, hooks)
    try:
        application = await container.get(Application)
        async with _running(application.sweep_replies.forever()):
            yield application
    finally:
        await container.close()


@asynccontextmanager
async def _running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let it run beside, until the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
