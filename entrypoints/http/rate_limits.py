"""Rate limits: a limit of so much a minute, and what is told to whoever exceeds it."""

import logging
import math
import time
from collections.abc import Callable, Hashable
from http import HTTPStatus
from typing import Final

from entrypoints.http.errors import RequestError
from entrypoints.http.tally import Tally
from entrypoints.http.token_buckets import TokenBuckets
from entrypoints.metrics.catalogue import LIMITS

_MINUTE: Final = 60
_struck: Final = Tally(logging.getLogger(__name__), "Limit struck")


class RateLimitedError(RequestError):
    """A request that comes too soon; the headers tell when it may be sent again, and which limit struck."""

    def __init__(self, detail: str, headers: dict[str, str]) -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", detail)
        self.headers = headers


class RateLimit:
    """So much a minute for each key, and no limit with 0.

    ``name`` is that of the policy in the RateLimit fields, and with underscores the label of the metric. ``counted`` is
    what is limited, for a person to read; ``unit`` is its unit in those fields, if it is not requests. ``largest`` is
    the most that one request may need: a bucket holds it, so that no request is refused for ever.
    """

    def __init__(
        self,
        name: str,
        counted: str,
        *,
        per_minute: int,
        largest: int = 1,
        unit: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._counted = counted
        burst, per_second = max(per_minute, largest), per_minute / _MINUTE
        self._buckets = TokenBuckets(burst=burst, per_second=per_second, clock=clock) if per_minute else None
        window = math.ceil(burst / per_second) if per_minute else 0
        self._policy = f'"{name}";q={burst}' + (f';qu="{unit}"' if unit else "") + f";w={window}"

    def require(self, key: Hashable, amount: int = 1) -> None:
        """Count this. Raises RateLimitedError if it is too much now; then nothing is counted."""
        if self._buckets is None or not (seconds := self._buckets.take(key, amount)):
            return
        LIMITS.count(self.name.replace("-", "_"))
        _struck.count(self.name)
        whole = math.ceil(seconds)
        headers = {  # draft-ietf-httpapi-ratelimit-headers-11
            "Retry-After": str(whole),
            "RateLimit": f'"{self.name}";r={math.floor(self._buckets.left(key))};t={whole}',
            "RateLimit-Policy": self._policy,
        }
        raise RateLimitedError(f"Too many {self._counted}; try again in {whole} s.", headers)

    def uncount(self, key: Hashable, amount: int) -> None:
        """Take back what was counted."""
        if self._buckets is not None:
            self._buckets.give_back(key, amount)
