"""Health: for whoever runs the service; no session is needed."""

from http import HTTPStatus
from typing import Final

import msgspec
from litestar import Router, get

from entrypoints.http.errors import RequestError
from entrypoints.http.request import ApiRequest
from entrypoints.http.route_options import PUBLIC

DRAINING: Final = "draining"
"""In the state of a request: the service is about to end, and does not want further traffic."""


class HealthView(msgspec.Struct, frozen=True):
    """All is well."""

    status: str = "ok"


@get("/live", tags=["Health"], summary="Is the process alive", operation_id="live")
async def live() -> HealthView:
    """Answer as long as the process does; the database is not asked."""
    return HealthView()


@get("/ready", tags=["Health"], summary="Can it take traffic", operation_id="ready")
async def ready(request: ApiRequest) -> HealthView:
    """Answer 200 when the database is there, durable and of the current schema; else 503, saying why.

    A service that is about to end answers 503, too.
    """
    if DRAINING in request.scope["state"]:
        raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, "draining", "The service is about to end.")
    await request.application.check_readiness()
    return HealthView()


HEALTH = Router("/health", route_handlers=[live, ready], opt={PUBLIC: True})
