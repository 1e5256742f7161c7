"""Refusals: responses that the server gives in place of the application, before it closes the connection."""

from collections.abc import Callable
from contextvars import Context
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from entrypoints.http.edge import SECURITY_HEADERS, new_request_id
from entrypoints.http.error_forms import ErrorForms
from entrypoints.http.exchange import count_request
from entrypoints.http.problems import PROBLEMS
from entrypoints.http.responses import send_response
from entrypoints.http.statuses import MEANING
from entrypoints.logs.requests import log_request
from entrypoints.metrics.catalogue import ERRORS

_PROBLEMS: Final = {
    HTTPStatus.BAD_REQUEST: ("bad_request", "This is no valid HTTP request."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("body_too_large", "The body comes in too many tiny chunks."),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "too_many_requests",
        "Too many requests were sent ahead of their answers, on one connection.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: ("overloaded", "Too many requests are being answered; try again in a moment."),
    **{
        status: (code, MEANING[status])
        for status, code in (
            (HTTPStatus.REQUEST_TIMEOUT, "too_slow"),
            (HTTPStatus.REQUEST_URI_TOO_LONG, "uri_too_long"),
            (HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large"),
        )
    },
}
_PROBLEMS_ALONE: Final = ErrorForms(PROBLEMS, {})


def forms_of(app: object) -> ErrorForms:
    """The forms in which an application writes its errors; those of one that has none are problems."""
    forms = getattr(app, "error_forms", None)
    return forms if isinstance(forms, ErrorForms) else _PROBLEMS_ALONE


def refusing_app(status: HTTPStatus, forms: ErrorForms) -> Callable[..., Any]:
    """An ASGI application that refuses every request with this status."""

    async def refuse(scope: Any, _receive: Any, send: Callable[[Any], Any]) -> None:
        request_id = new_request_id()
        await send_response(send, status, *refusal(status, forms, scope["path"], request_id))
        log_refusal(status, request_id, method=scope["method"])

    return refuse


def refusal(
    status: HTTPStatus, forms: ErrorForms, path: str, request_id: bytes
) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body of the response to a request of this path, which is empty if its head was not read."""
    headers, body = forms.of(path).raw(status, *_PROBLEMS[status])
    return [*SECURITY_HEADERS, *headers, (b"x-request-id", request_id), (b"connection", b"close")], body


def log_refusal(
    status: HTTPStatus, request_id: bytes, *, method: str | None = None, written: int | None = None
) -> None:
    """Log and count a request that was refused here; ``method`` is None if its head was not read to its end."""
    count_request(method, None, status, 0)
    ERRORS.count(_PROBLEMS[status][0])
    # In a context of its own: this may be called in that of another request, of which the line would tell the trace.
    log = partial(log_request, method=method, route=None, status=status, seconds=0, written=written)
    Context().run(log, request_id=request_id.decode())
