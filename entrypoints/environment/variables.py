"""Variables of the environment, and the files of secrets that some of them name."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

FILE: Final = "_FILE"
"""The end of the name of a variable that names a file, as containers mount secrets."""


class InvalidVariableError(Exception):
    """A variable can't be used; the message is one line and repeats no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """What a variable gives."""

    value: str = field(repr=False)
    source: str
    """``environment``, or ``file`` and its path."""


def read_variables(
    environment: Mapping[str, str], names: Collection[str], secrets: Collection[str]
) -> dict[str, Variable]:
    """The variables of these names that are given. An empty variable counts as one that is not set.

    A secret may also be in the file that the variable of its name and ``_FILE`` names. Raises InvalidVariableError.
    """
    given = {
        name: Variable(value=_require_text(name, value), source="environment")
        for name in names
        if (value := environment.get(name))
    }
    for name in secrets:
        variable = f"{name}{FILE}"
        if path := environment.get(variable):
            if name in given:
                raise InvalidVariableError(f"{name} and {variable} are both set: unset one of them")
            given[name] = Variable(value=_read_secret(path, variable), source=f"file {path}")
    return given


def _require_text(name: str, value: str) -> str:
    """The value, unless the environment has bytes there that are not UTF-8, which Python hides in surrogates."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidVariableError(f"{name} must be UTF-8 text")
    return value


def _read_secret(path: str, variable: str) -> str:
    """The file's text without the newline at its end. Errors leave out the path: it may be the secret, by mistake."""
    try:
        text = Path(path).read_bytes().decode()
    except OSError as error:
        raise InvalidVariableError(f"{variable} must name a file that can be read: {error.strerror}") from None
    except ValueError:
        raise InvalidVariableError(f"{variable} must name a file of UTF-8 text") from None
    secret = text[:-1].removesuffix("\r") if text.endswith("\n") else text
    if not secret:
        raise InvalidVariableError(f"{variable} names an empty file: write the secret into it")
    return secret
