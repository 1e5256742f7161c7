"""Connecting: how a session is set up, and to which of several hosts."""

from typing import Any, Final

import asyncpg

from adapters.postgres.address import DatabaseAddress

_NEXT: Final = (
    OSError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.CannotConnectNowError,
    asyncpg.TargetServerAttributeNotMatched,
)
"""A host that is away, hangs up, starts or has another role: the next one may serve."""


def arguments_for(address: DatabaseAddress, lock_timeout: float) -> dict[str, Any]:
    """What to connect with; a pooler would refuse settings, there the role's own hold. The lock timeout in seconds.

    Writers of one row wait for each other and see what the one before wrote: so do statements in ``read committed``.
    In a stricter isolation they fail.
    """
    arguments = dict(address.arguments)
    if not address.is_pooled:
        milliseconds = max(1, round(lock_timeout * 1000))  # 0 would mean to wait for ever
        arguments["server_settings"] = {
            **arguments["server_settings"],
            "lock_timeout": f"{milliseconds}ms",
            "default_transaction_isolation": "read committed",
        }
    return arguments


class Connector:
    """Connects as ``asyncpg.connect`` does, but begins with the host that served last, and gives each its time.

    asyncpg gives all of the time to the first of several hosts, and one that is silent would hide the next.
    """

    def __init__(self) -> None:
        self._latest = 0

    async def __call__(
        self,
        dsn: str | None = None,
        *,
        host: Any = None,
        port: Any = None,
        timeout: float = 60,  # noqa: ASYNC109 - as asyncpg has it
        **others: Any,
    ) -> "asyncpg.Connection[asyncpg.Record]":
        """Connect, within ``timeout`` seconds for all hosts together."""
        hosts = host if isinstance(host, list) else [host]
        ports = port if isinstance(port, list) else [port] * len(hosts)
        share = timeout / len(hosts)
        failure: Exception = OSError("there is no host")
        for number in sorted(range(len(hosts)), key=lambda number: number != self._latest):
            try:
                connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
                    dsn, host=hosts[number], port=ports[number], timeout=share, **others
                )
            except _NEXT as error:
                failure = error
            else:
                self._latest = number
                return connection
        raise failure
