"""Problems (RFC 9457): the form of errors in the native API, and wherever a request belongs to no API."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from litestar import Response
from litestar.types import ExceptionHandlersMap

from entrypoints.http import statuses
from entrypoints.http.error_forms import ErrorForm, RawError
from entrypoints.http.errors import Failure, make_exception_handlers

_MEDIA_TYPE: Final = "application/problem+json"


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


def problem_of(failure: Failure) -> Problem:
    """The body; its type and title follow from the code."""
    return Problem(
        type=f"urn:ai-agent:{failure.code}",
        title=failure.code.replace("_", " ").capitalize(),
        status=failure.status,
        detail=failure.detail,
        code=failure.code,
        errors=[FieldError(name, message) for name, message in failure.fields],
        last_seq=failure.last_seq,
    )


def raw_problem(status: HTTPStatus, code: str, detail: str) -> RawError:
    """Headers and body of an error response that is sent without Litestar."""
    body = msgspec.json.encode(problem_of(Failure(status=status, code=code, detail=detail)))
    own = {"Content-Type": _MEDIA_TYPE, "Content-Length": str(len(body)), **statuses.HEADERS.get(status, {})}
    return [(name.lower().encode(), value.encode()) for name, value in own.items()], body


def _response(failure: Failure) -> Response[Problem]:
    headers: Mapping[str, str] = {**statuses.HEADERS.get(failure.status, {}), **failure.headers}
    return Response(problem_of(failure), status_code=failure.status, media_type=_MEDIA_TYPE, headers=headers)


EXCEPTION_HANDLERS: Final[ExceptionHandlersMap] = make_exception_handlers(_response)

PROBLEMS: Final = ErrorForm(handlers=EXCEPTION_HANDLERS, raw=raw_problem)
