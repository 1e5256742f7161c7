"""An exchange: a request and its response, as the log is told of them."""

import time
from typing import Final, Protocol

from litestar.types import HTTPScope

from domain.principal import Principal
from entrypoints.logs.requests import log_request
from entrypoints.metrics.catalogue import METHODS, OTHER, REQUESTS

CONNECTION: Final = "connection"
"""The key in the scope's state of the connection that the server sends the response on."""

REFUSED: Final = "refused"
"""The key of the status by which the server has refused the request, whatever the application responds."""


class Connection(Protocol):
    """What the server tells of a connection."""

    bytes_written: int


class Exchange:
    """A request from its head to the end of its response."""

    __slots__ = ("_begun_at", "_bytes_before", "_connection", "_scope", "_seconds", "_status", "is_complete")

    def __init__(self, scope: HTTPScope) -> None:
        self._scope = scope
        self._begun_at = time.perf_counter()
        self._connection: Connection | None = scope["state"].get(CONNECTION)
        self._bytes_before = 0 if self._connection is None else self._connection.bytes_written
        self._status: int | None = None
        self._seconds: float | None = None
        self.is_complete = False

    def begin_response(self, status: int) -> None:
        """The response begins."""
        self._status = status
        self._seconds = time.perf_counter() - self._begun_at

    def end(self) -> None:
        """Tell of it. The route and the caller are known by now, if they ever are."""
        scope, connection = self._scope, self._connection
        user: Principal | None = scope.get("user")
        seconds = time.perf_counter() - self._begun_at
        method, route, status = scope["method"], _route_of(scope), scope["state"].get(REFUSED, self._status)
        count_request(method, route, status, seconds if self._seconds is None else self._seconds)
        log_request(
            request_id=scope["state"]["request_id"],
            method=method,
            route=route,
            status=status,
            seconds=seconds,
            user_id=None if user is None else user.owner_id,
            written=None if connection is None else connection.bytes_written - self._bytes_before,
            is_complete=self.is_complete,
        )


def count_request(method: str | None, route: str | None, status: int | None, seconds: float) -> None:
    """Count a request; ``seconds`` passed before its response began."""
    known = method if method in METHODS else OTHER
    REQUESTS.observe(seconds, route or OTHER, known, "none" if status is None else str(status))


def _route_of(scope: HTTPScope) -> str | None:
    """The template of the path; what was sent may be anything."""
    return scope.get("path_template")
