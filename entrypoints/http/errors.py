"""Errors: what a client is told of an exception, in any API's form, and what only the log is told."""

import dataclasses
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from domain.errors import (
    AiAgentError,
    IdempotencyKeyReusedError,
    OverloadedError,
    OwnerBusyError,
    RuleViolationError,
    StaleError,
    TooManyRepliesError,
)
from entrypoints.http.statuses import MEANING, STATUS
from entrypoints.http.tally import Tally
from entrypoints.metrics.catalogue import ERRORS, LIMITS

_log = logging.getLogger(__name__)
_outages = Tally(_log, "Storage unavailable")
_refusals = Tally(_log, "Refused")

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
"""The header that brings the domain's ``idempotency_key``; errors name it."""

_FRAMEWORK_CODES: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
}

_LIMITS: Final[Mapping[str, str]] = {
    "body_too_large": "body",
    "overloaded": "running",
    "too_slow": "response_time",
    "too_many_conversations": "user_conversations",
    "too_many_messages": "conversation_messages",
}
"""The limits that are told by a code of their own."""

type AnyRequest = Request[Any, Any, Any]


class RequestError(Exception):
    """A request that is refused before it means anything to the application."""

    headers: Mapping[str, str] = MappingProxyType({})
    """What the response has besides."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a client is told. ``code`` is the stable contract; ``detail`` is for a developer to read.

    ``fields`` are pairs of a field's path, such as ``messages[0].content``, and what is wrong with it. ``last_seq`` is
    the conversation's latest, where the client knew another. ``headers`` come besides those of the status.
    """

    status: HTTPStatus
    code: str
    detail: str
    fields: Sequence[tuple[str, str]] = ()
    last_seq: int | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


def make_exception_handlers(render: Callable[[Failure], Response[Any]]) -> ExceptionHandlersMap:
    """Litestar's handlers for all that can be raised; ``render`` gives a failure the form of the API."""

    def handle(meaning: Callable[[AnyRequest, Any], Failure]) -> Callable[[AnyRequest, Any], Response[Any]]:
        def respond(request: AnyRequest, error: Any) -> Response[Any]:
            failure = meaning(request, error)
            count_error(failure.code)
            return render(failure)

        return respond

    return {
        AiAgentError: handle(_of_domain),
        RequestError: handle(_of_request),
        ValidationException: handle(_of_parameters),
        HTTPException: handle(_of_framework),
        Exception: handle(_of_defect),
    }


def count_error(code: str) -> None:
    """Count a response that tells of an error, and the limit that struck, if it was one."""
    ERRORS.count(code)
    if limit := _LIMITS.get(code):
        LIMITS.count(limit)


def _of_domain(request: AnyRequest, error: AiAgentError) -> Failure:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if isinstance(error, OverloadedError | OwnerBusyError):
        _refusals.count(error.code)
    elif status is HTTPStatus.SERVICE_UNAVAILABLE:
        _outages.count(f"{error.code} ({_causes(error)})")
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("%s: %s (%s)", _name(request), error.code, _causes(error))
    if isinstance(error, RuleViolationError):
        field = IDEMPOTENCY_KEY if isinstance(error, IdempotencyKeyReusedError) else error.field
        return Failure(status=status, code=error.code, detail=f"{field} {error}", fields=[(field, str(error))])
    if isinstance(error, TooManyRepliesError):
        LIMITS.count("user_replies")
        return Failure(status=status, code=error.code, detail=str(error), headers=_of_replies(error.most))
    last_seq = error.last_seq if isinstance(error, StaleError) else None
    return Failure(status=status, code=error.code, detail=str(error), last_seq=last_seq)


def _of_replies(most: int) -> dict[str, str]:
    """The headers of a limit that depends on no time, as draft-ietf-httpapi-ratelimit-headers-11 has them."""
    policy = f'"user-replies";q={most};qu="concurrent-requests"'
    return {"Retry-After": "1", "RateLimit": '"user-replies";r=0', "RateLimit-Policy": policy}


def _of_request(_: AnyRequest, error: RequestError) -> Failure:
    return Failure(status=error.status, code=error.code, detail=str(error), headers=error.headers)


def _of_parameters(_: AnyRequest, error: ValidationException) -> Failure:
    """Litestar's complaints about parameters, without the address that it puts before them."""
    found = [item for item in error.extra or [] if isinstance(item, dict)]
    fields = [(str(item.get("key", "")), _complaint(str(item.get("message", "is not valid")))) for item in found]
    if any(name == "data" for name, _ in fields):
        return Failure(status=HTTPStatus.BAD_REQUEST, code="not_json", detail="The body must be JSON.")
    detail = "A parameter is not valid."
    return Failure(status=HTTPStatus.UNPROCESSABLE_ENTITY, code="rule_violation", detail=detail, fields=fields)


def _complaint(text: str) -> str:
    """Msgspec's complaint about a parameter, without the value that was sent."""
    return "is not one of the values that are allowed" if text.startswith("Invalid enum value") else text


def _of_framework(request: AnyRequest, error: HTTPException) -> Failure:
    """What the framework refuses: unknown paths and methods, bodies that are too large.

    What it can't do (500 and above) is a defect of ours, as is any other exception.
    """
    status = HTTPStatus(error.status_code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _of_defect(request, error)
    detail = MEANING.get(status, "The request can't be answered.")
    return Failure(
        status=status, code=_FRAMEWORK_CODES.get(status, "bad_request"), detail=detail, headers=error.headers or {}
    )


def _of_defect(request: AnyRequest, error: Exception) -> Failure:
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s failed: %s\n%s", _name(request), _causes(error), frames)
    detail = "The service failed. The failure has been logged."
    return Failure(status=HTTPStatus.INTERNAL_SERVER_ERROR, code="internal_error", detail=detail)


def _name(request: AnyRequest) -> str:
    """The request without anything that its sender chose, but for an id of harmless characters."""
    return f"{request.method} {request.scope.get('path_template')} [{request.scope['state'].get('request_id')}]"


def _causes(error: BaseException) -> str:
    """The types of an error and of what caused it: messages of drivers and of Python may hold what people wrote."""
    return type(error).__name__ + (f" from {_causes(error.__cause__)}" if error.__cause__ else "")
