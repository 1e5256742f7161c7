"""The HTTP application: routes, what stands before them, and the adapters behind them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from litestar import Litestar, Router
from litestar.types import ASGIApp, ControllerRouterHandler

from entrypoints.embedded import open_application
from entrypoints.http.authentication import Authentication, AuthenticationPolicy
from entrypoints.http.edge import Deadline, Edge, ExactPaths
from entrypoints.http.health import live, ready
from entrypoints.http.origins import CrossOrigin
from entrypoints.http.problems import EXCEPTION_HANDLERS
from entrypoints.http.request import ApiRequest
from entrypoints.http.responses import JsonResponse
from entrypoints.native_api.chat import chat
from entrypoints.native_api.conversations import ConversationController
from entrypoints.native_api.documents import document_router
from entrypoints.native_api.me import me
from entrypoints.native_api.messages import MessageController
from entrypoints.native_api.openapi import make_document
from entrypoints.settings import Settings

MAX_BODY: Final = 1024 * 1024


def make_app(settings: Settings) -> ASGIApp:
    """The service as an ASGI application; its adapters live from startup to shutdown. Raises SettingsError."""
    in_time = Deadline(ExactPaths(make_litestar(settings)), settings.request_timeout)
    return Edge(CrossOrigin(in_time, settings.origins))


def make_app_from_environment() -> ASGIApp:
    """The service with the settings of the environment, for a worker process."""
    return make_app(Settings.read())


def make_litestar(settings: Settings) -> Litestar:
    """The service without its edge."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with open_application(settings) as application:
            app.state.application = application
            yield

    settings.require_authentication()
    policy = AuthenticationPolicy(cookie_name=settings.cookie_name, trusted_origins=settings.origins)
    routes = make_routes(policy)
    return Litestar(
        [*routes, document_router(make_document(routes))],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[lifespan],
        logging_config=None,
        openapi_config=None,
        request_class=ApiRequest,
        response_class=JsonResponse,
        request_max_body_size=MAX_BODY,
    )


def make_routes(policy: AuthenticationPolicy) -> Sequence[ControllerRouterHandler]:
    """The routes of the API: all below /api behind authentication, the health checks open."""
    api = Router(
        "/api",
        route_handlers=[chat, ConversationController, MessageController, me],
        middleware=[Authentication(policy)],
    )
    return [api, live, ready]
