"""The request as our handlers see it: who calls, what is asked of, and a body that is decoded strictly."""

import hashlib
import re
from functools import cache, lru_cache
from http import HTTPStatus
from itertools import accumulate
from typing import Any, Final, override
from urllib.parse import unquote_to_bytes

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from application.facade import Application
from domain.errors import RuleViolationError
from domain.idempotency import IdempotencyKey
from domain.principal import Principal
from entrypoints.http.credentials import values_of
from entrypoints.http.problems import RequestError

MAX_DEPTH: Final = 32
_LONGEST_FIELD: Final = 200
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_STEPS: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(_STEPS))
_NUMBERS: Final = frozenset({"limit", "before", "after", "around"})
_PARAMETERS: Final = {name.encode(): name for name in (*_NUMBERS, "cursor", "archived")}
_ETAG: Final = re.compile(r'"([0-9]{1,10})"', re.ASCII)
_PLACE: Final = re.compile(r"(?P<reason>.*?)(?: - at `(?P<place>\$.*)`)?", re.DOTALL)
_NAMED_FIELD: Final = re.compile(r"Object (?P<what>contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL)


class ApiRequest(Request[Principal, None, State]):
    """A request to the API."""

    @property
    def application(self) -> Application:
        """The use cases."""
        application: Application = self.app.state.application
        return application

    @property
    def principal(self) -> Principal:
        """The caller, proven by the authentication middleware."""
        return self.user

    @property
    @override
    def content_length(self) -> int | None:
        """What is announced, in bytes; the parser lets one number pass. Litestar would index all headers for it."""
        values = values_of(self.scope["headers"], b"content-length")
        return int(values[0]) if values else None

    @override
    async def json(self) -> Any:
        """The body, decoded to what the handler declares: nothing is coerced, unknown keys are refused.

        Raises RequestError (not JSON, not Unicode, too deep, another content type), RuleViolationError.
        """
        self._require_json()
        return decode(await self.body(), _decoder(self.route_handler))

    async def idempotency_key(self) -> IdempotencyKey | None:
        """The Idempotency-Key, quoted (a structured field's string) or bare, with a fingerprint of this request."""
        values = values_of(self.scope["headers"], b"idempotency-key")
        if not values:
            return None
        if len(values) > 1:
            raise RuleViolationError("Idempotency-Key", "must be given once")
        text = values[0]
        quoted = len(text) > 1 and text[0] == text[-1] == '"'
        digest = hashlib.sha256(f"{self.method} {self.scope['path']}\n".encode())
        digest.update(await self.body())
        return IdempotencyKey(key=text[1:-1] if quoted else text, fingerprint=digest.digest())

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
        """Raise RuleViolationError for a parameter that is given twice, or a number that is not in ASCII digits alone.

        Litestar takes the last one, and whatever can be read as a number (``1e2``, ``null``).
        """
        _require_plain(self.scope["query_string"])

    def _require_json(self) -> None:
        types = values_of(self.scope["headers"], b"content-type")
        encodings = values_of(self.scope["headers"], b"content-encoding")
        if len(types) != 1 or types[0].split(";")[0].strip().lower() != "application/json":
            raise _unsupported("The body must be sent with Content-Type: application/json.")
        if any(encoding.strip().lower() != "identity" for encoding in encodings):
            raise _unsupported("The body must be sent without a Content-Encoding.")


def decode(body: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """Decode a body. Raises RequestError or RuleViolationError."""
    try:
        value = decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _field_error(str(error)) from None
    except UnicodeDecodeError:
        raise RequestError(HTTPStatus.BAD_REQUEST, "not_utf8", "The body must be JSON in UTF-8.") from None
    except RecursionError:
        raise _too_deep() from None
    except msgspec.DecodeError:
        raise RequestError(HTTPStatus.BAD_REQUEST, "not_json", "The body must be JSON.") from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise _too_deep()
    return value


@lru_cache(256)
def _require_plain(query: bytes) -> None:
    given = set()
    for field in query.split(b"&"):
        name, _, value = field.partition(b"=")
        parameter = _PARAMETERS.get(unquote_to_bytes(name))
        if parameter is None:
            continue
        if parameter in given:
            raise RuleViolationError(parameter, "must be given once")
        if parameter in _NUMBERS and not value.isdigit():
            raise RuleViolationError(parameter, "must be a number in plain digits")
        given.add(parameter)


def _depth(body: bytes) -> int:
    """How deep valid JSON nests."""
    brackets = _STRING.sub(b"", body).translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _unsupported(detail: str) -> RequestError:
    return RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)


def _too_deep() -> RequestError:
    return RequestError(HTTPStatus.BAD_REQUEST, "too_deep", f"The body must not nest deeper than {MAX_DEPTH} levels.")


def _field_error(text: str) -> RuleViolationError:
    """Msgspec's complaint (``Expected `str`, got `int` - at `$.messages[0].content```) as ours."""
    match = _PLACE.fullmatch(text)
    reason, place = (match["reason"], match["place"] or "$") if match else (text, "$")
    field = place.removeprefix("$").removeprefix(".")
    if named := _NAMED_FIELD.fullmatch(reason):
        reason = "is not known" if named["what"] == "contains unknown" else "is required"
        field = f"{field}.{named['name']}" if field else named["name"]
    elif reason.startswith("Invalid enum value"):
        reason = "is not one of the values that are allowed"  # msgspec repeats what was sent
    else:
        reason = f"is not valid: {reason[:1].lower()}{reason[1:]}"
    return RuleViolationError(field[:_LONGEST_FIELD] or "body", reason)


@cache
def _decoder(handler: HTTPRouteHandler) -> msgspec.json.Decoder[Any]:
    field = handler.parsed_data_field
    return msgspec.json.Decoder(field.annotation if field else Any, strict=True)
