"""Status codes: the one table from what the domain raises to what HTTP answers, the same for every API."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from domain.errors import (
    AiAgentError,
    CallNotOpenError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    OverloadedError,
    ResponderFailedError,
    RuleViolationError,
    StaleError,
    TooManyRepliesError,
    UnauthenticatedError,
    UnavailableError,
)

STATUS: Final[Mapping[type[AiAgentError], HTTPStatus]] = {
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    StaleError: HTTPStatus.PRECONDITION_FAILED,
    CallNotOpenError: HTTPStatus.CONFLICT,
    RuleViolationError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ResponderFailedError: HTTPStatus.BAD_GATEWAY,
    TooManyRepliesError: HTTPStatus.TOO_MANY_REQUESTS,
    OverloadedError: HTTPStatus.SERVICE_UNAVAILABLE,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of each category of the domain's errors; a subclass without its own has its category's."""

MEANING: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "This is no valid HTTP, or the body is not JSON, not UTF-8, or nests too deep.",
    HTTPStatus.UNAUTHORIZED: "No valid session, and no valid agent key.",
    HTTPStatus.FORBIDDEN: "The caller may not: banned, an untrusted origin, another's role or owner, a full quota.",
    HTTPStatus.NOT_FOUND: "It does not exist, or it is somebody else's.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The path has no such method.",
    HTTPStatus.REQUEST_TIMEOUT: "The request did not arrive in time.",
    HTTPStatus.CONFLICT: "The state moved too often meanwhile; try again. Or a result answers no open tool call.",
    HTTPStatus.PRECONDITION_FAILED: "If-Match names another state than the latest; last_seq tells the latest.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.REQUEST_URI_TOO_LONG: "The path or the query is too long, or has too many fields.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not sent as application/json.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A value breaks a rule; the errors name the fields.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too much was asked in a short time, or at once; try again after Retry-After.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The headers are too large, or too many.",
    HTTPStatus.BAD_GATEWAY: "The reply failed; the user's message is saved.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The storage is away, or too much is asked at once; try again after Retry-After.",
}
"""What each status of an error means here."""

HEADERS: Final[Mapping[HTTPStatus, Mapping[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "1"},
}
"""The headers that a response of such a status must have."""
