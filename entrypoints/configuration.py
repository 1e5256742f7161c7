"""The configuration: each setting with its value and its source, and the variables that look like a setting."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from entrypoints.environment.misspellings import misspellings
from entrypoints.settings import SECRET_VARIABLES, VARIABLES, Settings

_MASK: Final = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting that is in force."""

    name: str
    value: str | float | bool | None
    """None if there is none; a secret is masked."""
    source: str
    """``environment``, ``file`` and its path, or ``default``."""

    def __str__(self) -> str:
        return f"{self.name}={_printable(formatted(self.value))}  # {_printable(self.source)}"


def in_force(settings: Settings, environment: Mapping[str, str] = os.environ) -> Sequence[Setting]:
    """The settings that were read from the environment, in their order. Raises SettingsError."""
    given = Settings.read_variables(environment)
    return [
        Setting(
            name=name,
            value=_MASK if name in SECRET_VARIABLES and value is not None else value,
            source=given[name].source if name in given else "default",
        )
        for name, value in zip(
            VARIABLES, (getattr(settings, field) for field in Settings.__struct_fields__), strict=True
        )
    ]


def warnings(environment: Mapping[str, str] = os.environ) -> Sequence[str]:
    """One line for each variable that looks like a setting and is none."""
    return [
        f"{variable} is not a setting and is not read: do you mean {name}?"
        for variable, name in misspellings(environment, VARIABLES, SECRET_VARIABLES)
    ]


def formatted(value: str | float | bool | None) -> str:  # noqa: FBT001 - any value of a setting
    """A value as the environment would have it."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _printable(text: str) -> str:
    return text if text.isprintable() else ascii(text)
