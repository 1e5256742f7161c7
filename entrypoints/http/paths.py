"""Paths: one spelling of each."""

from http import HTTPStatus
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from entrypoints.http.error_forms import ErrorForms
from entrypoints.http.errors import count_error
from entrypoints.http.responses import send_response
from entrypoints.http.statuses import MEANING

HEALTH_PATHS: Final = "/health/"
"""What the paths of health begin with, which are neither limited nor traced."""


class ExactPaths:
    """Answers 404 to other spellings of a path, which the router would accept: a proxy's rules may not know them.

    No path of the service has a percent-encoded character, an empty segment, or a slash at its end, but for ``/``.
    """

    def __init__(self, app: ASGIApp, errors: ErrorForms) -> None:
        self._app = app
        self._errors = errors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        path = scope.get("raw_path") or b""
        is_other = b"%" in path or b"//" in path or (path.endswith(b"/") and path != b"/")
        if scope["type"] == ScopeType.HTTP and is_other:
            status = HTTPStatus.NOT_FOUND
            count_error("not_found")
            refusal = self._errors.of(scope["path"]).raw(status, "not_found", MEANING[status])
            await send_response(send, status, *refusal)
        else:
            await self._app(scope, receive, send)
