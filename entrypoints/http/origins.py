"""Origins: whose pages may write with a browser's cookies (CSRF), and whose scripts may read responses (CORS)."""

from collections.abc import Set as AbstractSet
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints.http.credentials import RawHeaders, values_of
from entrypoints.http.errors import RequestError

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_EXPOSED: Final = (
    b"ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, X-Should-Retry"
)
_OWN: Final = "Authorization, Content-Type, Idempotency-Key, If-Match, Last-Event-ID, X-Conversation-Id, X-Request-Id"
_TRACE: Final = "Traceparent, Tracestate"
"""What a front end that is traced sends (W3C Trace Context)."""
_SDK: Final = (
    "OpenAI-Organization, OpenAI-Project, User-Agent, X-Stainless-Arch, X-Stainless-Helper-Method, X-Stainless-Lang,"
    " X-Stainless-OS, X-Stainless-Package-Version, X-Stainless-Retry-Count, X-Stainless-Runtime,"
    " X-Stainless-Runtime-Version, X-Stainless-Timeout"
)
"""What OpenAI's SDK sends from a browser, beside the credential and the body's type."""
_PREFLIGHT: Final = (
    (b"access-control-allow-methods", b"GET, POST, PATCH, DELETE"),
    (
        b"access-control-allow-headers",
        f"{_OWN}, {_TRACE}, {_SDK}".encode(),
    ),
    (b"access-control-max-age", b"600"),
)


def require_trusted_origin(method: str, headers: RawHeaders, trusted: AbstractSet[str]) -> None:
    """Raise RequestError (403) if a request with a cookie uses an unsafe method and comes from another origin.

    The Origin header must equal one of ``trusted``; without that header, the origin of the Referer must.
    """
    if method in SAFE_METHODS or _origin_of(headers) in trusted:
        return
    raise RequestError(
        HTTPStatus.FORBIDDEN,
        "origin_not_allowed",
        "A request that is authenticated by a cookie and changes something must come from a trusted origin.",
    )


def _origin_of(headers: RawHeaders) -> str | None:
    origins = values_of(headers, b"origin")
    if origins:
        return origins[0] if len(origins) == 1 else None
    referers = values_of(headers, b"referer")
    if len(referers) != 1:
        return None
    try:
        place = urlsplit(referers[0])
    except ValueError:
        return None
    return f"{place.scheme}://{place.netloc}"


class CrossOrigin:
    """Answers preflights, and lets scripts of trusted origins alone read responses (Fetch, CORS protocol)."""

    def __init__(self, app: ASGIApp, trusted: AbstractSet[str]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it if it is a preflight."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        headers = scope["headers"]
        origins = values_of(headers, b"origin")
        granted = self._grant(origins[0]) if len(origins) == 1 and origins[0] in self._trusted else []

        async def send_with_grant(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *granted, (b"vary", b"Origin")]
            await send(message)

        if scope["method"] == "OPTIONS" and origins and values_of(headers, b"access-control-request-method"):
            allowed = [*_PREFLIGHT] if granted else []
            await send_with_grant({"type": "http.response.start", "status": HTTPStatus.NO_CONTENT, "headers": allowed})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await self._app(scope, receive, send_with_grant)

    @staticmethod
    def _grant(origin: str) -> list[tuple[bytes, bytes]]:
        return [
            (b"access-control-allow-origin", origin.encode()),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", _EXPOSED),
        ]
