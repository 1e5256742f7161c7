"""Retries of writes: OpenAI's clients send a failed request again, and say neither which one it was nor under what key.

A write that could be doubled is therefore tried once, unless it comes under an Idempotency-Key. What a limit refused
was not written, so it may be sent once more.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from litestar.handlers import BaseRouteHandler

from domain.errors import TooManyRepliesError
from domain.idempotency import IdempotencyKey
from entrypoints.http.credentials import values_of
from entrypoints.http.errors import AnyRequest, RequestError
from entrypoints.http.rate_limits import RateLimitedError
from entrypoints.http.request import ApiRequest
from entrypoints.openai_api.refused_attempts import RefusedAttempts

IS_WRITE: Final = "is_write_that_could_be_doubled"
"""``opt={IS_WRITE: True}``: the route writes anew each time that it is called."""
_IS_REMEMBERED: Final = "is_refusal_remembered"
_refused: Final = RefusedAttempts()


def mark_as_write(request: ApiRequest) -> None:
    """From now on the request is such a write, though not every one of its route is."""
    request.scope["state"][IS_WRITE] = True


@asynccontextmanager
async def charged_write(request: ApiRequest, messages: int) -> AsyncIterator[IdempotencyKey | None]:
    """Charge a write for its messages, and give its key. In the context it is written, or refused by another limit.

    Raises RateLimitedError, and RequestError for a retry without a key, as nobody can tell what the first attempt did;
    but not if a limit refused the last request that was the same.
    """
    key = await request.idempotency_key()
    if key is None:
        was_refused = len(_refused) > 0 and _refused.take(await _digest(request))
        if not was_refused and values_of(request.scope["headers"], b"x-stainless-retry-count") not in ([], ["0"]):
            detail = (
                "The first attempt may have succeeded. Read the conversation, or send retries under an Idempotency-Key."
            )
            raise RequestError(HTTPStatus.CONFLICT, "retry_without_key", detail)
    try:
        await request.charge(messages)
        yield key
    except (RateLimitedError, TooManyRepliesError):
        if key is None:
            _refused.add(await _digest(request))
            request.scope["state"][_IS_REMEMBERED] = True
        raise


async def _digest(request: ApiRequest) -> bytes:
    """What two requests have in common that are the same."""
    place = request.scope["path"], *values_of(request.scope["headers"], b"x-conversation-id")
    head = f"{request.principal.owner_id}\n{request.method} {place}\n"
    return hashlib.sha256(head.encode() + await request.body()).digest()


def is_tried_once(request: AnyRequest) -> bool:
    """Whether the request, if it failed, must not be sent again."""
    route: BaseRouteHandler | None = request.scope.get("route_handler")  # None where no route has the path
    state = request.scope["state"]
    is_write = state.get(IS_WRITE) or (route is not None and route.opt.get(IS_WRITE))
    if not is_write or state.get(_IS_REMEMBERED):
        return False
    return not values_of(request.scope["headers"], b"idempotency-key")
