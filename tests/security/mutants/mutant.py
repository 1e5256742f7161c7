"""What a mutant is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import Phase, settings

type Replacement = tuple[object, str, object]
"""Whose attribute is replaced, its name, and by what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A promise broken on purpose, and the test that finds it: which must fail, and say ``says`` (an expression)."""

    name: str
    replaces: tuple[Replacement, ...]
    found_by: Callable[..., Any]
    given: Mapping[str, Any] = field(default_factory=dict)
    says: str


def hurried(usual: settings) -> settings:
    """As it is usually searched, but what is found is not made smaller."""
    return settings(usual, phases=[Phase.explicit, Phase.generate])


def hurry(test: Callable[..., Any]) -> Replacement:
    """Makes a test of Hypothesis's end with the first failure that it finds."""
    own = "_hypothesis_internal_use_settings"
    return test, own, hurried(getattr(test, own))
