"""Mutants that put into a response or a log what must not be there."""

import logging
import operator
import re
from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from adapters.better_auth import verifier
from adapters.postgres.database import PASSING, Database
from domain.errors import RuleViolationError, UnavailableError
from entrypoints.http import authentication, errors, exchange, json_body
from entrypoints.http.agent_keys import AgentKeys
from tests.security import test_log_canaries as canaries
from tests.security.mutants.mutant import Mutant

_log: Final = logging.getLogger(__name__)
_REFUSALS: Final = canaries.test_refusals_show_and_log_nothing_that_was_sent
_well_formed = verifier._well_formed
_attempt = Database._attempt
_number_of = AgentKeys.number_of


def _log_token(token: str, form: re.Pattern[str]) -> str:
    _log.info("Checking %s", token)
    return _well_formed(token, form)


def _log_key(keys: AgentKeys, key: str) -> int | None:
    _log.info("Checking %s", key)
    return _number_of(keys, key)


async def _name_the_database(database: Database, sql: str, arguments: Sequence[Any], name: str) -> list[asyncpg.Record]:
    try:
        return await _attempt(database, sql, arguments, name)
    except PASSING as error:
        options = database._pool._connect_kwargs  # type: ignore[attr-defined]  # asyncpg's own, not in its stubs
        raise UnavailableError(f"There is no answer from {options}.") from error


MUTANTS: Final = (
    Mutant(
        name="a token is logged",
        replaces=((verifier, "_well_formed", _log_token),),
        found_by=_REFUSALS,
        says="zqcanaryqz",
    ),
    Mutant(
        name="an agent key is logged",
        replaces=((AgentKeys, "number_of", _log_key),),
        found_by=_REFUSALS,
        says="zqcanaryqz",
    ),
    Mutant(
        name="a path is logged as it was sent",
        replaces=((authentication, "_place_of", operator.itemgetter("path")),),
        found_by=_REFUSALS,
        says="zqcanaryqz",
    ),
    Mutant(
        name="a request's line has its path as it was sent",
        replaces=((exchange, "_route_of", operator.itemgetter("path")),),
        found_by=_REFUSALS,
        says="zqcanaryqz",
    ),
    Mutant(
        name="what was sent is repeated in an error",
        replaces=((json_body, "_field_error", lambda text, _: RuleViolationError("body", text)),),
        found_by=_REFUSALS,
        says="Invalid enum",
    ),
    Mutant(
        name="the message of a cause is logged",
        replaces=((errors, "_causes", repr),),
        found_by=canaries.test_a_driver_that_repeats_what_was_sent_is_not_repeated,
        given={"error": RuntimeError},
        says="zqcanaryqz",
    ),
    Mutant(
        name="the database is named in an error",
        replaces=((Database, "_attempt", _name_the_database),),
        found_by=canaries.test_without_a_database_nothing_that_was_sent_is_shown_or_logged,
        says=r"= all\(",
    ),
)
