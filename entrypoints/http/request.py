"""The request as route handlers get it: use cases, principal, strict body and query, and the headers for writes."""

import asyncio
import hashlib
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any, Final, get_args, override
from urllib.parse import unquote_to_bytes

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.types import Empty

from application.facade import Application
from domain.errors import RuleViolationError
from domain.idempotency import IdempotencyKey
from domain.principal import Principal
from entrypoints.http import json_body
from entrypoints.http.credentials import values_of
from entrypoints.http.errors import IDEMPOTENCY_KEY, RequestError
from entrypoints.http.user_limits import CHARGED, UserLimits

_TO_ANSWER: Final = 0.5
"""Seconds that are left for the response itself."""
_ETAG: Final = re.compile(r'"([0-9]{1,10})"', re.ASCII)


class ApiRequest(Request[Principal, Callable[[], Awaitable[Principal]], State]):
    """A request to the API."""

    @property
    def application(self) -> Application:
        """The use cases."""
        application: Application = self.app.state.application
        return application

    @property
    def principal(self) -> Principal:
        """The caller, as the authentication middleware found it."""
        return self.user

    async def authenticate_again(self) -> Principal:
        """The caller, found anew. Raises as the first time if a new request of the same headers would be refused."""
        return await self.auth()

    @property
    @override
    def content_length(self) -> int | None:
        """The Content-Length in bytes, which the parser has checked. Litestar would index all headers to find it."""
        values = values_of(self.scope["headers"], b"content-length")
        return int(values[0]) if values else None

    @override
    async def json(self) -> Any:
        """The body, decoded to the type that the handler declares, without coercion; unknown keys are refused.

        Raises RequestError (another content type, not JSON, not UTF-8, too deep), RuleViolationError (naming a field).
        """
        return json_body.decode(await self.raw_json(), _decoder(self.route_handler))

    async def raw_json(self) -> bytes:
        """The body, which is said to be JSON. Raises RequestError (another content type), and as ``body`` does."""
        self._require_json()
        return await self.body()

    @override
    async def body(self) -> bytes:
        """The whole body. Raises RequestEntityTooLarge, and RequestError if the client leaves before it is whole.

        Litestar's own, by a stream of its pieces, costs an append a hundredth more.
        """
        state = self._connection_state
        if state.body is Empty:
            state.body = await self._read_body()
        return state.body

    async def charge(self, messages: int) -> None:
        """Count messages that are to be appended, and the bytes of the body that has them. Raises RateLimitedError."""
        limits: UserLimits = self.app.state.user_limits
        amounts = messages, len(await self.body())
        limits.charge(self.principal.owner_id, *amounts)
        self.scope["state"][CHARGED] = amounts

    async def idempotency_key(self, content: bytes | None = None) -> IdempotencyKey | None:
        """The Idempotency-Key, quoted (a structured field's string) or bare, with a fingerprint of this request.

        The fingerprint is of the whole body, or of that ``content`` of it.
        """
        values = values_of(self.scope["headers"], b"idempotency-key")
        if not values:
            return None
        if len(values) > 1:
            raise RuleViolationError(IDEMPOTENCY_KEY, "must be given once")
        text = values[0]
        quoted = len(text) > 1 and text[0] == text[-1] == '"'
        digest = hashlib.sha256(f"{self.method} {self.scope['path']}\n".encode())
        digest.update(await self.body() if content is None else content)
        try:
            return IdempotencyKey(key=text[1:-1] if quoted else text, fingerprint=digest.digest())
        except RuleViolationError as error:
            raise RuleViolationError(IDEMPOTENCY_KEY, str(error)) from None

    @property
    def patience(self) -> float:
        """How many seconds the response may wait for what it is about, before its time is over."""
        left: float = self.scope["state"]["answer_by"] - asyncio.get_running_loop().time()
        return max(0.0, left - min(_TO_ANSWER, left / 2))

    def followed_seq(self) -> int | None:
        """The seq that If-Match names (``"7"``); None without it, and for ``*``, which any conversation matches."""
        values = values_of(self.scope["headers"], b"if-match")
        if not values or values == ["*"]:
            return None
        match = _ETAG.fullmatch(values[0]) if len(values) == 1 else None
        if match is None:
            raise RuleViolationError("If-Match", 'must be one ETag of the conversation, such as "7"')
        return int(match[1])

    def require_plain_query(self) -> None:
        """Raise RuleViolationError for a parameter that is given twice, or a number that is not all ASCII digits.

        Litestar would take the last of two, and anything that Python reads as a number (``1e2``, ``null``).
        """
        _require_plain(self.scope["query_string"], self.route_handler)

    async def _read_body(self) -> bytes:
        most = self.route_handler.resolve_request_max_body_size() or math.inf
        if (self.content_length or 0) > most:
            raise RequestEntityTooLarge
        pieces, size, is_whole = list[bytes](), 0, False
        while not is_whole:
            event = await self.receive()
            if event["type"] != "http.request":
                raise RequestError(HTTPStatus.BAD_REQUEST, "bad_request", "The body is not complete.")
            pieces.append(event["body"])
            size += len(event["body"])
            if size > most:
                raise RequestEntityTooLarge
            is_whole = not event.get("more_body", False)
        return b"".join(pieces)

    def _require_json(self) -> None:
        types = values_of(self.scope["headers"], b"content-type")
        encodings = values_of(self.scope["headers"], b"content-encoding")
        if len(types) != 1 or types[0].split(";")[0].strip().lower() != "application/json":
            raise _unsupported("The body must be sent with Content-Type: application/json.")
        if any(encoding.strip().lower() != "identity" for encoding in encodings):
            raise _unsupported("The body must be sent without a Content-Encoding.")


@lru_cache(256)
def _require_plain(query: bytes, handler: HTTPRouteHandler) -> None:
    parameters, given = _query_parameters(handler), set()
    for field in query.split(b"&"):
        name, _, value = field.partition(b"=")
        name = unquote_to_bytes(name)
        if name not in parameters:
            continue
        if name in given:
            raise RuleViolationError(name.decode(), "must be given once")
        if parameters[name] and not value.isdigit():
            raise RuleViolationError(name.decode(), "must be a number in plain digits")
        given.add(name)


@cache
def _query_parameters(handler: HTTPRouteHandler) -> Mapping[bytes, bool]:
    """The query parameters that a route declares, and whether each is a number."""
    return {
        name.encode(): int in (field.annotation, *get_args(field.annotation))
        for name, field in handler.parsed_fn_signature.parameters.items()
        if isinstance(field.kwarg_definition, QueryParameter)
    }


def _unsupported(detail: str) -> RequestError:
    return RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)


@cache
def _decoder(handler: HTTPRouteHandler) -> msgspec.json.Decoder[Any]:
    field = handler.parsed_data_field
    return msgspec.json.Decoder(field.annotation if field else Any, strict=True)
