"""Error forms: how each API writes errors, also for paths below its own that no route has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from litestar import Response
from litestar.types import ExceptionHandlersMap

from entrypoints.http.errors import AnyRequest

type RawError = tuple[list[tuple[bytes, bytes]], bytes]
"""Headers and body of an error response that is sent without Litestar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorForm:
    """How one API writes errors: by Litestar's handlers of exceptions, or ``raw``, of a status, a code and a detail."""

    handlers: ExceptionHandlersMap
    raw: Callable[[HTTPStatus, str, str], RawError]


class ErrorForms:
    """The form of the errors below each of the given paths, and the form elsewhere."""

    def __init__(self, elsewhere: ErrorForm, below: Mapping[str, ErrorForm]) -> None:
        self._elsewhere = elsewhere
        self._below = {f"{path}/": form for path, form in below.items()}

    def of(self, path: str) -> ErrorForm:
        """The form for a request of this path."""
        return next((form for root, form in self._below.items() if f"{path}/".startswith(root)), self._elsewhere)

    @property
    def handlers(self) -> ExceptionHandlersMap:
        """Litestar's handlers for what no route raises, as the 404 of an unknown path."""
        return {kind: self._handler(kind) for kind in self._elsewhere.handlers}

    def _handler(self, kind: Any) -> Callable[[AnyRequest, Any], Response[Any]]:
        return lambda request, error: self.of(request.scope["path"]).handlers[kind](request, error)
