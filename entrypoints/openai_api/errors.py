"""Errors in OpenAI's envelope, ``{"error": {…}}``, with the statuses from which its clients make exceptions."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Response

from entrypoints.http import statuses
from entrypoints.http.error_forms import ErrorForm, RawError
from entrypoints.http.errors import AnyRequest, Failure, make_exception_handlers
from entrypoints.openai_api.retries import is_tried_once

_TOLD: Final[Mapping[str, tuple[HTTPStatus, str | None]]] = {
    "unauthenticated": (HTTPStatus.UNAUTHORIZED, "invalid_api_key"),
    "not_found": (HTTPStatus.NOT_FOUND, None),
    "conversation_not_found": (HTTPStatus.NOT_FOUND, None),
    "message_not_found": (HTTPStatus.NOT_FOUND, None),
    "call_not_open": (HTTPStatus.BAD_REQUEST, "call_not_open"),
    "reply_running": (HTTPStatus.BAD_REQUEST, "conversation_locked"),
}
"""The status and the code where they differ from the native API's. OpenAI's clients send again what got a 409."""
_REASONS: Final = {
    "is not known": "unknown_parameter",
    "is required": "missing_required_parameter",
    "is not valid: expected": "invalid_type",
    "must not have more than 16 properties": "object_above_max_properties",
}
"""How a complaint about a field begins, and OpenAI's code for it; else it is ``invalid_value``."""
_PARAMS: Final = (
    (re.compile(r"^messages\b"), "items"),
    (re.compile(r"^(items\[\d+\])\.item$"), r"\1"),
    (re.compile(r"\btool_call_id$"), "call_id"),
)
_LOCKED: Final = "Another process is currently operating on this conversation. Please retry in a few seconds."


class ErrorView(msgspec.Struct, frozen=True):
    """An error, as OpenAI's clients read it."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorEnvelope(msgspec.Struct, frozen=True):
    """The body of an error."""

    error: ErrorView


def _told(failure: Failure) -> tuple[HTTPStatus, ErrorEnvelope]:
    status, code = _TOLD.get(failure.code, (failure.status, failure.code))
    message, param = failure.detail, None
    if status is HTTPStatus.UNPROCESSABLE_ENTITY:
        status = HTTPStatus.BAD_REQUEST
    if failure.fields:
        field, reason = failure.fields[0]
        param = _param(field)
        message = f"{param} {reason}"
        if failure.code == "rule_violation":
            code = next((code for start, code in _REASONS.items() if reason.startswith(start)), "invalid_value")
    if failure.code == "reply_running":
        message, param = _LOCKED, "conversation"
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    return status, ErrorEnvelope(ErrorView(message, kind, param, code))


def _param(field: str) -> str:
    """The path of a field of messages as a client of items knows it."""
    for ours, theirs in _PARAMS:
        field = ours.sub(theirs, field)
    return field


def _response(failure: Failure) -> Response[ErrorEnvelope]:
    status, envelope = _told(failure)
    headers = {**statuses.HEADERS.get(status, {}), **failure.headers}
    return Response(envelope, status_code=status, media_type="application/json", headers=headers)


def _raw(status: HTTPStatus, code: str, detail: str) -> RawError:
    status, envelope = _told(Failure(status=status, code=code, detail=detail))
    body = msgspec.json.encode(envelope)
    return [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))], body


def _with_advice(handle: Callable[[AnyRequest, Any], Response[Any]]) -> Callable[[AnyRequest, Any], Response[Any]]:
    def handle_and_advise(request: AnyRequest, error: Any) -> Response[Any]:
        response = handle(request, error)
        if is_tried_once(request):
            response.headers["X-Should-Retry"] = "false"
        return response

    return handle_and_advise


OPENAI_ERRORS: Final = ErrorForm(
    handlers={kind: _with_advice(handle) for kind, handle in make_exception_handlers(_response).items()}, raw=_raw
)
