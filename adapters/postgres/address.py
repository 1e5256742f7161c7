"""The database's address: read from a URL as libpq and Neon write it, given as asyncpg takes it."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_SCHEMES = ("postgresql", "postgres", "postgresql+asyncpg")
_WITHOUT_CERTIFICATE = ("disable", "allow", "prefer", "require")
_PASSED_ON = ("target_session_attrs", "passfile", "krbsrvname")
_SEVERAL = re.compile(r"(?P<start>[^:]+://(?:[^@]*@)?+)(?P<hosts>[^@/?]*,[^@/?]*)(?P<rest>.*)")
_IGNORED = ("gssencmode", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count")


class InvalidAddressError(ValueError):
    """The URL is not understood; the message does not repeat it."""


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where the database is, and how to connect to it. The repr is blank, since the password is in it."""

    arguments: Mapping[str, Any] = field(repr=False)
    """The arguments of ``asyncpg.connect``; for several hosts, ``host`` and ``port`` are lists."""
    is_pooled: bool = False
    """Whether a pooler is in between: then a transaction may get any connection, and most settings are refused."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``postgresql://user:password@host:port,host:port/name?sslmode=…``, as libpq does.

        A pooler is recognised by Neon's host names, or by ``pgbouncer=true``. asyncpg has no channel binding, so
        ``channel_binding=require`` demands a verified certificate instead. Raises InvalidAddressError.
        """
        text, several = _without_hosts(text)
        url = _parse_url(text)
        query = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
        hosts = url.query.get("host", url.host)
        places = [_place(host) for host in several]
        arguments: dict[str, Any] = {
            "host": [host for host, _ in places] or (list(hosts) if isinstance(hosts, tuple) else hosts),
            "port": [port for _, port in places] or _port(query.pop("port", url.port)),
            "user": url.username,
            "password": url.password,
            "database": url.database,
            "server_settings": {"application_name": query.pop("application_name", "ai-agent")},
        }
        query.pop("host", None)
        if security := _security(query):
            arguments["ssl"] = security
        if query.pop("sslnegotiation", "postgres") == "direct":
            arguments["direct_tls"] = True
        query.pop("connect_timeout", None)
        is_pooled = query.pop("pgbouncer", "false") == "true" or "-pooler." in (url.host or ",".join(several))
        if is_pooled:
            arguments["statement_cache_size"] = 0
        arguments |= {name: query.pop(name) for name in _PASSED_ON if name in query}
        arguments["server_settings"] |= _endpoint(query)
        unknown = sorted(set(query) - set(_IGNORED))
        if unknown:
            raise InvalidAddressError(f"the database URL has an option that is not understood: {unknown[0]}")
        return cls({name: value for name, value in arguments.items() if value is not None}, is_pooled=is_pooled)


def _without_hosts(text: str) -> tuple[str, list[str]]:
    """The URL without its list of hosts, and the hosts; none if it has no list. SQLAlchemy reads one host only."""
    found = _SEVERAL.fullmatch(text)
    return (found["start"] + found["rest"], found["hosts"].split(",")) if found else (text, [])


def _place(text: str) -> tuple[str, int]:
    """A host and its port."""
    host, _, port = text.rpartition(":") if ":" in text.rpartition("]")[2] else (text, "", "5432")
    if not host or not port.isdecimal():
        raise InvalidAddressError("the database URL names several hosts, and one can't be read; write host:port")
    return host.strip("[]"), int(port)


def _port(given: str | int | None) -> int | None:
    """The port, which may also be an option: ``?host=/run/postgresql&port=5433``."""
    if isinstance(given, str) and not given.isdecimal():
        raise InvalidAddressError("the database URL's port is no number")
    return given if given is None else int(given)


def _parse_url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise InvalidAddressError("the database URL can't be read; write postgresql://user@host/name") from None
    if url.drivername not in _SCHEMES:
        raise InvalidAddressError("the database URL must begin with postgresql://")
    return url


def _security(query: dict[str, str]) -> ssl.SSLContext | str | None:
    mode = query.pop("sslmode", None)
    root = query.pop("sslrootcert", "system")
    if query.pop("channel_binding", "prefer") == "require" and (mode is None or mode in _WITHOUT_CERTIFICATE):
        mode = "verify-full"
    if mode not in ("verify-full", "verify-ca"):
        return mode
    try:
        context = ssl.create_default_context(cafile=None if root == "system" else root)
    except OSError:
        raise InvalidAddressError("the database URL's sslrootcert names no file of certificates") from None
    context.check_hostname = mode == "verify-full"
    return context


def _endpoint(query: dict[str, str]) -> dict[str, str]:
    """The ``options`` that name Neon's endpoint. Others are refused, since they don't pass through a pooler."""
    options = query.pop("options", "").strip()
    if options and not options.startswith(("endpoint=", "project=")):
        raise InvalidAddressError("options in the database URL are not passed on: use ALTER ROLE … SET")
    return {"options": options} if options else {}
