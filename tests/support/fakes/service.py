"""The service on fakes: all of HTTP above the server, without sockets and without a database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from litestar.handlers import BaseRouteHandler
from litestar.testing import AsyncTestClient

from application.facade import Application
from entrypoints.app import make_app, make_litestar
from entrypoints.settings import Settings
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.others import Session

TOKEN = "the-session-of-ann"


@asynccontextmanager
async def service_on(
    world: FakeWorld, *routes: BaseRouteHandler, request_timeout: float = 10, **given: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of Ann's, of the service on these fakes; with ``routes`` besides its own it stands without its edge.

    ``given`` are more settings.
    """
    world.sessions[TOKEN] = Session(user_id="ann", expires_at=datetime.now(UTC) + timedelta(hours=1))
    settings = Settings(
        database_url="postgresql://nowhere", auth_cookies=False, request_timeout=request_timeout, **given
    )

    @asynccontextmanager
    async def open_fakes(_: Settings) -> AsyncIterator[Application]:
        yield world.application

    app = make_litestar(settings, open_fakes)
    for route in routes:
        app.register(route)
    async with AsyncTestClient(app if routes else make_app(settings, open_fakes)) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield client
