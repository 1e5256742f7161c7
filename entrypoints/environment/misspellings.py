"""Misspellings: variables that look like a setting and are none."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from entrypoints.environment.variables import FILE

_ALIKE: Final = 0.9
"""From which likeness on, of 1, a name is taken for a misspelling. ``DATABASE_USER`` is 0.88 like ``DATABASE_URL``."""
_OF_OTHERS: Final = frozenset({"AUTH_SECRET_1", "AUTH_SECRET_2", "AUTH_SECRET_3", "BETTER_AUTH_KV_URL", "DATABASE_URI"})
"""Names that look like ours and that others read: Auth.js, better-auth's dashboard, Payload."""
_PREFIX_OF_OTHERS: Final = "DATABASE_URL_"
"""Begins what Neon, Vercel and others call further addresses of a database: ``DATABASE_URL_UNPOOLED``."""


def misspellings(
    environment: Mapping[str, str], names: Collection[str], secrets: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Each variable that is set, is none of these, but looks like one; and the name that it looks like."""
    known = {*names, *(f"{name}{FILE}" for name in secrets)}
    for variable, value in sorted(environment.items()):
        is_of_others = variable in _OF_OTHERS or variable.startswith(_PREFIX_OF_OTHERS)
        if value and variable not in known and not is_of_others:
            yield from ((variable, name) for name in _alike(variable, known))


def _alike(variable: str, known: Collection[str]) -> list[str]:
    """The name that is most alike, if one is; only secrets may be in files."""
    plain = variable.removesuffix(FILE)
    return [plain] if plain in known else difflib.get_close_matches(variable.upper(), known, 1, _ALIKE)
