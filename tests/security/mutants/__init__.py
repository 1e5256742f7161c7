"""Mutants: promises broken on purpose, each for the test that must find it."""

from typing import Final

from tests.security.mutants import (
    agents,
    answers,
    content,
    context,
    lifetimes,
    limits,
    ownership,
    replies,
    retention,
    silence,
)
from tests.security.mutants.mutant import Mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    *ownership.MUTANTS,
    *content.MUTANTS,
    *context.MUTANTS,
    *silence.MUTANTS,
    *answers.MUTANTS,
    *lifetimes.MUTANTS,
    *limits.MUTANTS,
    *agents.MUTANTS,
    *replies.MUTANTS,
    *retention.MUTANTS,
)
