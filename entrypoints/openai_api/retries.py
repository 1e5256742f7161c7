"""Retries of writes: OpenAI's clients send a failed request again, and say neither which one it was nor under what key.

A write that could be doubled is therefore tried once, unless it comes under an Idempotency-Key.
"""

from http import HTTPStatus
from typing import Final

from litestar.handlers import BaseRouteHandler

from domain.idempotency import IdempotencyKey
from entrypoints.http.credentials import values_of
from entrypoints.http.errors import AnyRequest, RequestError
from entrypoints.http.request import ApiRequest

IS_WRITE: Final = "is_write_that_could_be_doubled"
"""``opt={IS_WRITE: True}``: the route writes anew each time that it is called."""


def mark_as_write(request: ApiRequest) -> None:
    """From now on the request is such a write, though not every one of its route is."""
    request.scope["state"][IS_WRITE] = True


async def key_of_write(request: ApiRequest) -> IdempotencyKey | None:
    """The key of a write. Raises RequestError for a retry without one: nobody can tell what the first attempt did."""
    key = await request.idempotency_key()
    if key is None and values_of(request.scope["headers"], b"x-stainless-retry-count") not in ([], ["0"]):
        detail = (
            "The first attempt may have succeeded. Read the conversation, or send retries under an Idempotency-Key."
        )
        raise RequestError(HTTPStatus.CONFLICT, "retry_without_key", detail)
    return key


def is_tried_once(request: AnyRequest) -> bool:
    """Whether the request, if it failed, must not be sent again."""
    route: BaseRouteHandler | None = request.scope.get("route_handler")  # None where no route has the path
    is_write = request.scope["state"].get(IS_WRITE) or (route is not None and route.opt.get(IS_WRITE))
    if not is_write:
        return False
    return not values_of(request.scope["headers"], b"idempotency-key")
