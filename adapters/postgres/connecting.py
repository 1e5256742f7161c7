"""Connecting: the session's settings, and the choice among several hosts."""

from typing import Any, Final

import asyncpg

from adapters.postgres.address import DatabaseAddress

_NEXT: Final = (
    OSError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.CannotConnectNowError,
    asyncpg.TargetServerAttributeNotMatched,
)
"""Errors after which the next host is tried: this one is away, hangs up, is starting, or has another role."""


def arguments_for(address: DatabaseAddress, lock_timeout: float) -> dict[str, Any]:
    """The arguments of ``asyncpg.connect``; ``lock_timeout`` in seconds.

    A pooler would refuse settings; there the role's own hold. In ``read committed`` a writer waits for the one before
    it and sees what that wrote; in a stricter isolation it would fail.
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
    """Connects as ``asyncpg.connect`` does, but first to the host that was used last, and with a time for each host.

    asyncpg would spend the whole time on the first host: one that does not answer would hide the others.
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
