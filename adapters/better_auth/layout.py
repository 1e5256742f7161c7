"""The layout of better-auth's tables in a database: read from the catalogue, checked, and tried out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import asyncpg

from adapters.better_auth.names import COLUMNS, OPTIONAL, SESSION_TABLES, USER_TABLES, LayoutError, Names
from adapters.better_auth.queries import Queries

_COLUMNS: Final = """
    SELECT name, attname AS column, format_type(atttypid, NULL) AS type, EXISTS (
        SELECT FROM pg_index
        WHERE indrelid = attrelid AND indkey[0] = attnum AND indisunique AND indisvalid AND indpred IS NULL
            AND indnkeyatts = 1
    ) AS is_unique
    FROM unnest($1::text[]) AS name JOIN pg_attribute ON attrelid = to_regclass(name)
    WHERE attnum > 0 AND NOT attisdropped
"""
_ZONE: Final = re.compile(r"[A-Za-z0-9_+\-/]{1,64}", re.ASCII)
_EARLIEST, _LATEST = "timestamptz '0001-01-02 00:00Z'", "timestamptz '9999-12-31 00:00Z'"
"""Python's datetime can hold no other times, and no infinity. A day is left at each end for other time zones."""
_CASTS: Final = {"character": "bpchar"}
"""The types whose name in a cast means another length: ``character`` is one character."""
_WITH_ZONE, _WITHOUT_ZONE = "timestamp with time zone", "timestamp without time zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the sessions are. ``lookup`` is the query that finds the session of a token, with its user.

    Its columns: ``user_id`` (text), ``expires_at``, ``is_live``, ``is_banned``, ``impersonated_by``.
    ``user_lookup`` is the query that finds ``is_banned`` of a user by the id as text.
    ``warnings`` are lines for whoever deploys the service.
    """

    lookup: str
    user_lookup: str
    user_table: str
    user_id: str
    warnings: tuple[str, ...]

    @classmethod
    async def discover(cls, queries: Queries, names: Names) -> Self:
        """Find the tables and columns, and try the lookup. Raises LayoutError, UnavailableError."""
        session_names = _candidates(names, names.session_table, SESSION_TABLES)
        user_names = _candidates(names, names.user_table, USER_TABLES)
        tables = await _tables(queries, [*session_names, *user_names])
        session = _the_one("session", session_names, tables)
        user = _the_one("user", user_names, tables)
        columns = {
            role: _find_column(role, getattr(names, role), session if role.startswith("session") else user)
            for role in COLUMNS
        }
        lookup = _lookup(session, user, columns, names.expiry_time_zone)
        token = columns["session_token"] or ""
        if names.expiry_time_zone is not None:
            await _try_zone(queries, names.expiry_time_zone)
        await _try(queries, lookup, session, token)
        slow = f"better-auth's session table has no unique index on {token}: every request reads all of it"
        return cls(
            lookup=lookup,
            user_lookup=_user_lookup(user, columns, names.expiry_time_zone),
            user_table=user.name,
            user_id=f'"{columns["user_id"]}"',
            warnings=() if token in session.unique else (slow,),
        )


@dataclass(frozen=True, slots=True)
class _Table:
    """A table's quoted name, the types of its columns, and those that have a unique index of their own."""

    name: str
    types: dict[str, str] = field(default_factory=dict)
    unique: set[str] = field(default_factory=set)


def _candidates(names: Names, given: str | None, usual: Sequence[str]) -> list[str]:
    return [names.table(name) for name in ([given] if given else usual)]


async def _tables(queries: Queries, candidates: Sequence[str]) -> Mapping[str, _Table]:
    """The tables that exist, by their names."""
    tables: dict[str, _Table] = {}
    try:
        rows = await queries.fetch(_COLUMNS, (candidates,))
    except asyncpg.InsufficientPrivilegeError as error:
        raise _unreadable(error) from None
    for row in rows:
        table = tables.setdefault(row["name"], _Table(row["name"]))
        table.types[row["column"]] = row["type"]
        if row["is_unique"]:
            table.unique.add(row["column"])
    return tables


def _the_one(role: str, candidates: Sequence[str], tables: Mapping[str, _Table]) -> _Table:
    found = [tables[name] for name in candidates if name in tables]
    setting = f"AUTH_{role.upper()}_TABLE"
    if not found:
        raise LayoutError(
            f"better-auth's {role} table is missing: there is no {' or '.join(candidates)}. If it has another name, "
            f"set {setting} or AUTH_SCHEMA; if sessions are kept in secondary storage, set storeSessionInDatabase"
        )
    if len(found) > 1:
        both = " and ".join(table.name for table in found)
        raise LayoutError(f"both {both} exist: say which is better-auth's with {setting}")
    return found[0]


def _find_column(role: str, given: str | None, table: _Table) -> str | None:
    candidates = [given] if given else COLUMNS[role]
    found = [name for name in candidates if name in table.types]
    if len(found) == 1:
        return found[0]
    if not found and role in OPTIONAL and given is None:
        return None
    problem = "has no" if not found else "has both"
    listed = (" or " if not found else " and ").join(candidates)
    raise LayoutError(f"better-auth's table {table.name} {problem} {listed}: set AUTH_{role.upper()}_COLUMN")


def _lookup(session: _Table, user: _Table, columns: Mapping[str, str | None], zone: str | None) -> str:
    expires_at = _instant(session, "s", columns["session_expires_at"], zone)
    impersonator = columns["session_impersonated_by"]
    impersonated_by = f's."{impersonator}"::text' if impersonator else "NULL::text"
    # The names were checked to be identifiers and found in the catalogue; nothing here is a caller's.
    return f"""
        SELECT u."{columns["user_id"]}"::text AS user_id,
            least(greatest({expires_at}, {_EARLIEST}), {_LATEST}) AS expires_at,
            {expires_at} > clock_timestamp() AS is_live, {_is_banned(user, columns, zone)} AS is_banned,
            {impersonated_by} AS impersonated_by
        FROM {session.name} AS s JOIN {user.name} AS u ON u."{columns["user_id"]}" = s."{columns["session_user_id"]}"
        WHERE s."{columns["session_token"]}" = $1
    """  # noqa: S608 - as the comment above says


def _user_lookup(user: _Table, columns: Mapping[str, str | None], zone: str | None) -> str:
    """The query for a user's id in ``$1``, which is a DataError if the column's type has no such value.

    It compares in the column's type, to use the index, and then as text: the id of user 7 is not ``007``.
    """
    user_id = columns["user_id"] or ""
    kind = _CASTS.get(user.types[user_id], user.types[user_id])
    return f"""
        SELECT {_is_banned(user, columns, zone)} AS is_banned FROM {user.name} AS u
        WHERE u."{user_id}" = $1::text::{kind} AND u."{user_id}"::text = $1
    """  # noqa: S608 - as in _lookup


def _is_banned(user: _Table, columns: Mapping[str, str | None], zone: str | None) -> str:
    banned, expires = columns["user_banned"], columns["user_ban_expires"]
    if banned is None:
        return "false"
    if expires is None:
        return f'u."{banned}" IS TRUE'
    until = _instant(user, "u", expires, zone)
    return f'u."{banned}" IS TRUE AND ({until} IS NULL OR {until} > clock_timestamp())'


def _instant(table: _Table, alias: str, column: str | None, zone: str | None) -> str:
    """An SQL expression for a column as a point in time. A column without time zone holds its writer's local time."""
    kind = table.types[column or ""]
    if kind == _WITH_ZONE:
        return f'{alias}."{column}"'
    if kind != _WITHOUT_ZONE:
        raise LayoutError(f"{table.name}.{column} is {kind}, not a timestamp")
    if zone is None:
        raise LayoutError(
            f"{table.name}.{column} has no time zone, so nobody knows when sessions end: say with "
            "AUTH_EXPIRY_TIME_ZONE in which zone better-auth's server writes it (often UTC), or make it timestamptz"
        )
    if not _ZONE.fullmatch(zone):
        raise LayoutError("AUTH_EXPIRY_TIME_ZONE is no name of a time zone")
    return f"({alias}.\"{column}\" AT TIME ZONE '{zone}')"


async def _try(queries: Queries, lookup: str, session: _Table, token: str) -> None:
    try:
        await queries.fetch_row(lookup, ("",))
    except asyncpg.InsufficientPrivilegeError as error:
        raise _unreadable(error) from None
    except asyncpg.DataError:
        kind = session.types[token]
        raise LayoutError(
            f"{session.name}.{token} is {kind}, which no token can be compared with: make it text"
        ) from None
    except asyncpg.UndefinedFunctionError as error:
        raise LayoutError(
            f"the user's id and the session's user id are of different types, or the token is no text ({error.args[0]})"
        ) from None
    except asyncpg.SyntaxOrAccessError as error:
        raise LayoutError(f"better-auth's tables are not as they must be ({error.args[0]})") from None


async def _try_zone(queries: Queries, zone: str) -> None:
    try:
        await queries.fetch_row("SELECT now() AT TIME ZONE $1", (zone,))
    except asyncpg.DataError:
        raise LayoutError("AUTH_EXPIRY_TIME_ZONE is no time zone that PostgreSQL knows") from None


def _unreadable(error: asyncpg.InsufficientPrivilegeError) -> LayoutError:
    return LayoutError(f"the service may not read better-auth's tables ({error.args[0]}): grant it SELECT")
