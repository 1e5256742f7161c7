"""The HTTP application: which APIs stand behind which middleware, and the use cases behind them."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Final

from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ASGIApp

from application.facade import Application
from domain.append import MAX_MESSAGES
from entrypoints import logs
from entrypoints.container.observing import TraceHooks
from entrypoints.embedded import open_application
from entrypoints.http.address_limit import AddressLimit
from entrypoints.http.agent_keys import AgentKeys
from entrypoints.http.authentication import Authentication, AuthenticationPolicy
from entrypoints.http.deadline import Deadline
from entrypoints.http.edge import Edge
from entrypoints.http.error_forms import ErrorForms
from entrypoints.http.head_requests import HeadAsGet
from entrypoints.http.health import HEALTH
from entrypoints.http.origins import CrossOrigin
from entrypoints.http.paths import ExactPaths
from entrypoints.http.problems import PROBLEMS
from entrypoints.http.rate_limits import RateLimit
from entrypoints.http.request import ApiRequest
from entrypoints.http.responses import JsonResponse
from entrypoints.http.user_limits import CountedRequests, UserLimits
from entrypoints.metrics.catalogue import STARTS, WORKERS
from entrypoints.metrics.reports import report_now
from entrypoints.native_api.documents import document_router
from entrypoints.native_api.openapi import make_document
from entrypoints.native_api.routes import NATIVE_API
from entrypoints.openai_api.errors import OPENAI_ERRORS
from entrypoints.openai_api.routes import OPENAI_PATH, openai_router
from entrypoints.settings import Settings
from entrypoints.tracing.switch import is_asked_for
from entrypoints.web.routes import page_router

_log = logging.getLogger(__name__)

MAX_BODY: Final = 1024 * 1024
_ERRORS: Final = ErrorForms(PROBLEMS, {OPENAI_PATH: OPENAI_ERRORS})

type OpenApplication = Callable[[Settings], AbstractAsyncContextManager[Application]]


def make_app(settings: Settings, open_application: OpenApplication = open_application) -> Edge:
    """The service as an ASGI application; the use cases are open from startup to shutdown. Raises SettingsError.

    A request passes through the middleware from the outermost to the innermost: ``Edge``, ``CrossOrigin``,
    ``AddressLimit``, ``ExactPaths``, ``HeadAsGet``, ``Deadline``, ``Authentication``, ``CountedRequests``.
    """
    app = AddressLimit(
        ExactPaths(HeadAsGet(make_litestar(settings, open_application)), _ERRORS),
        RateLimit("address-requests", "requests from this address", per_minute=settings.limit_address_requests),
        proxies=settings.proxies,
        agent_keys=AgentKeys(settings.accepted_agent_keys),
        errors=_ERRORS,
    )
    return Edge(CrossOrigin(app, settings.origins), _ERRORS)


def make_app_from_environment() -> ASGIApp:
    """The service with the settings of the environment, for a worker process."""
    return make_served_app(Settings.read())


def make_served_app(settings: Settings) -> ASGIApp:
    """The service, traced where OpenTelemetry's variables ask for it. Raises SettingsError."""
    if not is_asked_for():
        return make_app(settings)
    from entrypoints.http.traced_requests import TracedRequests  # noqa: PLC0415 - only who asks for it has the extra
    from entrypoints.tracing import export, spans  # noqa: PLC0415 - as above

    exporting = export.start_exporting()
    hooks = TraceHooks(record_statement=exporting.record_statement, model_headers=spans.trace_headers)
    return TracedRequests(make_app(settings, partial(open_application, hooks=hooks)), exporting)


def make_litestar(settings: Settings, open_application: OpenApplication = open_application) -> Litestar:
    """All routes, each closed to strangers unless it says that it is public."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        try:
            async with open_application(settings) as application:
                app.state.application = application
                STARTS.count()
                _log.info("Started")
                with WORKERS.raised():
                    yield
                _log.info("Stopping")
        finally:
            _log.info("Stopped")
            report_now()
            logs.flush()

    settings.require_authentication()
    policy = AuthenticationPolicy(
        cookie_name=settings.cookie_name,
        trusted_origins=settings.origins,
        agent_keys=AgentKeys(settings.accepted_agent_keys),
    )
    limits = UserLimits(
        requests=RateLimit("user-requests", "requests of this user", per_minute=settings.limit_user_requests),
        messages=RateLimit(
            "user-messages",
            "messages of this user",
            per_minute=settings.limit_user_messages,
            largest=MAX_MESSAGES,
        ),
        body_bytes=RateLimit(
            "user-bytes",
            "bytes in messages of this user",
            per_minute=settings.limit_user_bytes,
            largest=MAX_BODY,
            unit="content-bytes",
        ),
    )
    page = [page_router(settings.sign_in_url)] if settings.chat_page else []
    return Litestar(
        [NATIVE_API, openai_router(settings.responder), HEALTH, document_router(make_document()), *page],
        middleware=[Deadline(settings.request_timeout), Authentication(policy), CountedRequests(limits)],
        exception_handlers=_ERRORS.handlers,  # of what no route raises, as unknown paths
        lifespan=[lifespan],
        logging_config=None,
        openapi_config=None,
        state=State({"user_limits": limits}),
        request_class=ApiRequest,
        response_class=JsonResponse,
        request_max_body_size=MAX_BODY,
    )
