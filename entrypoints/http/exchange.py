"""An exchange: a request and its response, as the log is told of them."""

import time
from typing import Final, Protocol

from litestar.types import HTTPScope

from domain.principal import Principal
from entrypoints.logs.requests import log_request

CONNECTION: Final = "connection"
"""The key in the scope's state of the connection that the server sends the response on."""

REFUSED: Final = "refused"
"""The key of the status by which the server has refused the request, whatever the application responds."""


class Connection(Protocol):
    """What the server tells of a connection."""

    bytes_written: int


class Exchange:
    """A request from its head to the end of its response."""

    __slots__ = ("_begun_at", "_bytes_before", "_connection", "_scope", "is_complete", "status")

    def __init__(self, scope: HTTPScope) -> None:
        self._scope = scope
        self._begun_at = time.perf_counter()
        self._connection: Connection | None = scope["state"].get(CONNECTION)
        self._bytes_before = 0 if self._connection is None else self._connection.bytes_written
        self.status: int | None = None
        self.is_complete = False

    def end(self) -> None:
        """Tell of it. The route and the caller are known by now, if they ever are."""
        scope, connection = self._scope, self._connection
        user: Principal | None = scope.get("user")
        log_request(
            request_id=scope["state"]["request_id"],
            method=scope["method"],
            route=_route_of(scope),
            status=scope["state"].get(REFUSED, self.status),
            seconds=time.perf_counter() - self._begun_at,
            user_id=None if user is None else user.owner_id,
            written=None if connection is None else connection.bytes_written - self._bytes_before,
            is_complete=self.is_complete,
        )


def _route_of(scope: HTTPScope) -> str | None:
    """The template of the path; what was sent may be anything."""
    return scope.get("path_template")
