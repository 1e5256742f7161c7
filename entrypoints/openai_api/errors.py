"""Errors in OpenAI's envelope, ``{"error": {…}}``, with the statuses from which its clients make exceptions."""

import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.types import ExceptionHandlersMap

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
    "context_too_long": (HTTPStatus.BAD_REQUEST, "context_length_exceeded"),
    "reply_running": (HTTPStatus.BAD_REQUEST, "conversation_locked"),
    "previous_reply_not_found": (HTTPStatus.BAD_REQUEST, "previous_response_not_found"),
    "stale": (HTTPStatus.BAD_REQUEST, "invalid_value"),
    "rate_limited": (HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_exceeded"),
    "too_many_replies": (HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_exceeded"),
}
"""The status and the code where they differ from the native API's. OpenAI's clients send again what got a 409."""
_REASONS: Final = {
    "is not known": "unknown_parameter",
    "is required": "missing_required_parameter",
    "is not valid: expected": "invalid_type",
    "is not supported with this model": "unsupported_parameter",
    "does not support this value": "unsupported_value",
    "must not have more than 16 properties": "object_above_max_properties",
    "can't be given together with": "mutually_exclusive_parameters",
}
"""How a complaint about a field begins, and OpenAI's code for it; else it is ``invalid_value``."""
_ITEM_PARAMS: Final = (
    (re.compile(r"^messages\b"), "items"),
    (re.compile(r"^(items\[\d+\])\.item$"), r"\1"),
    (re.compile(r"\btool_call_id$"), "call_id"),
)
"""The fields of messages as a client of items knows them."""
_NOT_LATEST: Final = (
    "previous_response_id must be the latest response of its conversation, and nothing may have been added after it: a "
    "conversation can't be branched. Give conversation instead, or begin a new one."
)
_KINDS: Final = {HTTPStatus.TOO_MANY_REQUESTS: "requests"}
_WORDS: Final = {
    "reply_running": (
        "conversation",
        "Another process is currently operating on this conversation. Please retry in a few seconds.",
    ),
    "previous_reply_not_found": ("previous_response_id", "Previous response not found."),
    "stale": (
        "previous_response_id",
        _NOT_LATEST,
    ),
}
"""The param and the message where the native API has others."""


class ErrorView(msgspec.Struct, frozen=True):
    """An error, as OpenAI's clients read it."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorEnvelope(msgspec.Struct, frozen=True):
    """The body of an error."""

    error: ErrorView


type _Params = Sequence[tuple[re.Pattern[str], str]]


def _told(failure: Failure, params: _Params = _ITEM_PARAMS) -> tuple[HTTPStatus, ErrorEnvelope]:
    status, code = _TOLD.get(failure.code, (failure.status, failure.code))
    message, param = failure.detail, None
    if status is HTTPStatus.UNPROCESSABLE_ENTITY:
        status = HTTPStatus.BAD_REQUEST
    if failure.fields:
        field, reason = failure.fields[0]
        param = _param(field, params)
        message = f"{param} {reason}"
        if failure.code == "rule_violation":
            code = next((code for start, code in _REASONS.items() if reason.startswith(start)), "invalid_value")
    param, message = _WORDS.get(failure.code, (param, message))
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _KINDS.get(status, "invalid_request_error")
    return status, ErrorEnvelope(ErrorView(message, kind, param, code))


def _param(field: str, params: _Params) -> str:
    for ours, theirs in params:
        field = ours.sub(theirs, field)
    return field


def _response(failure: Failure, params: _Params) -> Response[ErrorEnvelope]:
    status, envelope = _told(failure, params)
    headers = {**statuses.HEADERS.get(status, {}), **failure.headers}
    return Response(envelope, status_code=status, media_type="application/json", headers=headers)


def _raw(status: HTTPStatus, code: str, detail: str) -> RawError:
    status, envelope = _told(Failure(status=status, code=code, detail=detail))
    body = msgspec.json.encode(envelope)
    own = {"Content-Type": "application/json", "Content-Length": str(len(body)), **statuses.HEADERS.get(status, {})}
    return [(name.lower().encode(), value.encode()) for name, value in own.items()], body


def _with_advice(handle: Callable[[AnyRequest, Any], Response[Any]]) -> Callable[[AnyRequest, Any], Response[Any]]:
    def handle_and_advise(request: AnyRequest, error: Any) -> Response[Any]:
        response = handle(request, error)
        if is_tried_once(request):
            response.headers["X-Should-Retry"] = "false"
        return response

    return handle_and_advise


def _handlers(params: _Params) -> ExceptionHandlersMap:
    made = make_exception_handlers(lambda failure: _response(failure, params))
    return {kind: _with_advice(handle) for kind, handle in made.items()}


OPENAI_ERRORS: Final = ErrorForm(handlers=_handlers(_ITEM_PARAMS), raw=_raw)
CHAT_ERROR_HANDLERS: Final = _handlers(())
"""For routes whose clients know messages as the core does."""
