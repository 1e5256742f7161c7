"""The settings, read once from the environment; secrets do not show in their repr."""

import os
from collections.abc import Mapping
from typing import Annotated, Final, Self, override

import msgspec

type Seconds = Annotated[float, msgspec.Meta(gt=0, le=3600)]

_HIDDEN: Final = frozenset({"database_url"})


class SettingsError(Exception):
    """The environment lacks a setting, or has one that can't be understood; the message is one line."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename=str.upper):
    """What a deployment may choose; each field is the environment variable of the same name in capitals."""

    database_url: str
    """PostgreSQL, with better-auth's tables in it: ``postgresql://user:password@host/name``."""
    database_pool_size: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 10
    """Connections of one worker, at most."""
    database_acquire_timeout: Seconds = 2.0
    """How long a request waits for a free connection."""
    database_connect_timeout: Seconds = 3.0
    """How long a new connection may take."""
    database_command_timeout: Seconds = 5.0
    """How long a statement may take."""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read them. Raises SettingsError."""
        given = {name: value for name, value in environment.items() if value}
        try:
            return msgspec.convert(given, cls, strict=False)
        except msgspec.ValidationError as error:
            reason, _, place = str(error).partition(" - at `$.")
            name = place.rstrip("`")
            raise SettingsError(f"{name}: {reason}" if name else f"The environment {reason[7:]}") from None

    @override
    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in _HIDDEN)
        return f"Settings({', '.join(shown)})"
