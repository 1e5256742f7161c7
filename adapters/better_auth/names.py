"""The names of better-auth's tables and columns, all of which a deployment can change."""

import re
from dataclasses import dataclass, fields
from typing import Final

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}", re.ASCII)


class LayoutError(Exception):
    """better-auth's tables are not as they must be; the message is one line for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names that a deployment gives; None is looked for under the usual names. Raises LayoutError."""

    schema: str | None = None
    session_table: str | None = None
    session_token: str | None = None
    session_user_id: str | None = None
    session_expires_at: str | None = None
    session_impersonated_by: str | None = None
    user_table: str | None = None
    user_id: str | None = None
    user_banned: str | None = None
    user_ban_expires: str | None = None
    expiry_time_zone: str | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "expiry_time_zone" and value is not None and not _IDENTIFIER.fullmatch(value):
                raise LayoutError(
                    f"the name given for better-auth's {field.name} is no identifier: use letters, digits, _ and $, "
                    "at most 63, and no digit first"
                )

    def table(self, name: str) -> str:
        """A table's name, quoted, with the schema if one was given."""
        return f'"{self.schema}"."{name}"' if self.schema else f'"{name}"'


SESSION_TABLES: Final = ("session", "sessions")
USER_TABLES: Final = ("user", "users")
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "session_token": ("token",),
    "session_user_id": ("userId", "user_id"),
    "session_expires_at": ("expiresAt", "expires_at"),
    "session_impersonated_by": ("impersonatedBy", "impersonated_by"),
    "user_id": ("id",),
    "user_banned": ("banned",),
    "user_ban_expires": ("banExpires", "ban_expires"),
}
"""The names that better-auth's migrations and the usual ORM adapters give."""
OPTIONAL: Final = frozenset({"session_impersonated_by", "user_banned", "user_ban_expires"})
"""Columns that only better-auth's admin plugin adds."""
