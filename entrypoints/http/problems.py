"""Problems: every error as RFC 9457 ``application/problem+json``, and the one table of status codes."""

import logging
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from domain.errors import (
    AiAgentError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    ResponderFailedError,
    RuleViolationError,
    StaleError,
    UnauthenticatedError,
    UnavailableError,
)
from entrypoints.http.tally import Tally

_log = logging.getLogger(__name__)
_outages = Tally(_log)

STATUS: Final[Mapping[type[AiAgentError], HTTPStatus]] = {
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    StaleError: HTTPStatus.PRECONDITION_FAILED,
    RuleViolationError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ResponderFailedError: HTTPStatus.BAD_GATEWAY,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}

MEANING: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "This is no valid HTTP, or the body is not JSON, not UTF-8, or nests too deep.",
    HTTPStatus.UNAUTHORIZED: "No valid session.",
    HTTPStatus.FORBIDDEN: "The caller is known, and may not: banned, an untrusted origin, another's role.",
    HTTPStatus.NOT_FOUND: "It does not exist, or it is somebody else's.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The path has no such method.",
    HTTPStatus.REQUEST_TIMEOUT: "The request did not arrive in time.",
    HTTPStatus.CONFLICT: "The state moved too often meanwhile; try again.",
    HTTPStatus.PRECONDITION_FAILED: "If-Match names another state than the latest; last_seq tells the latest.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.REQUEST_URI_TOO_LONG: "The path or the query is too long, or has too many fields.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not sent as application/json.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A value breaks a rule; the errors name the fields.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests were sent ahead of their answers, on one connection.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The headers are too large, or too many.",
    HTTPStatus.BAD_GATEWAY: "The reply failed; the user's message is saved.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The storage is away, or too much is asked at once; try again after Retry-After.",
}
"""What each status of an error means here."""

_FRAMEWORK_CODES: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
}

HEADERS: Final[Mapping[HTTPStatus, dict[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "1"},
}


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field; ``field`` is its path, such as ``messages[0].content``."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error (RFC 9457). ``code`` is the stable contract; ``detail`` is for a developer to read.

    ``last_seq`` comes with the code ``stale`` only: the conversation's latest.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError] = []
    last_seq: int | None = None


class RequestError(Exception):
    """A request that is refused before it means anything to the application."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


def problem(found: Problem, headers: Mapping[str, str] | None = None) -> Response[Problem]:
    """The response for an error."""
    status = HTTPStatus(found.status)
    return Response(
        found,
        status_code=status,
        media_type="application/problem+json",
        headers={**HEADERS.get(status, {}), **(headers or {})},
    )


def problem_answer(status: HTTPStatus, code: str, detail: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body for an error, where there is no application to answer."""
    body = msgspec.json.encode(describe(status, code, detail))
    extra = [(name.lower().encode(), value.encode()) for name, value in HEADERS.get(status, {}).items()]
    kind = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
    return [*kind, *extra], body


def describe(status: HTTPStatus, code: str, detail: str, **more: Any) -> Problem:
    """An error, with the type and the title that follow from its code."""
    title = code.replace("_", " ").capitalize()
    return Problem(type=f"urn:ai-agent:{code}", title=title, status=status, detail=detail, code=code, **more)


def _domain(request: Request[Any, Any, Any], error: AiAgentError) -> Response[Problem]:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        _outages.count(f"{error.code} ({_causes(error)})")
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("%s: %s (%s)", _name(request), error.code, _causes(error))
    if isinstance(error, RuleViolationError):
        errors = [FieldError(error.field, str(error))]
        return problem(describe(status, error.code, f"{error.field} {error}", errors=errors))
    last_seq = error.last_seq if isinstance(error, StaleError) else None
    return problem(describe(status, error.code, str(error), last_seq=last_seq))


def _request(_: Request[Any, Any, Any], error: RequestError) -> Response[Problem]:
    return problem(describe(error.status, error.code, str(error)))


def _parameters(_: Request[Any, Any, Any], error: ValidationException) -> Response[Problem]:
    """Litestar's complaints about parameters, without the address that it puts before them."""
    found = [item for item in error.extra or [] if isinstance(item, dict)]
    errors = [FieldError(str(item.get("key", "")), str(item.get("message", "is not valid"))) for item in found]
    if any(item.field == "data" for item in errors):
        return problem(describe(HTTPStatus.BAD_REQUEST, "not_json", "The body must be JSON."))
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return problem(describe(status, "rule_violation", "A parameter is not valid.", errors=errors))


def _http(_: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """What the framework refuses: unknown paths and methods, bodies that are too large."""
    status = HTTPStatus(error.status_code)
    code = _FRAMEWORK_CODES.get(status, "bad_request")
    return problem(describe(status, code, MEANING.get(status, "The request can't be answered.")), error.headers)


def _defect(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s failed: %s\n%s", _name(request), _causes(error), frames)
    detail = "The service failed. The failure has been logged."
    return problem(describe(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail))


def _name(request: Request[Any, Any, Any]) -> str:
    """The request without anything that its sender chose, but for an id of harmless characters."""
    return f"{request.method} {request.scope.get('path_template')} [{request.scope['state'].get('request_id')}]"


def _causes(error: BaseException) -> str:
    """The types of an error and of what caused it: messages of drivers and of Python may hold what people wrote."""
    return type(error).__name__ + (f" from {_causes(error.__cause__)}" if error.__cause__ else "")


EXCEPTION_HANDLERS: Final[ExceptionHandlersMap] = {
    AiAgentError: _domain,
    RequestError: _request,
    ValidationException: _parameters,
    HTTPException: _http,
    Exception: _defect,
}
