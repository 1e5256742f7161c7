"""Each test finds what is broken on purpose."""

import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from asyncpg import ForeignKeyViolationError

from adapters.postgres import kept_replies, message_windows, reads, removals, reply_reads, reply_writes, writes
from adapters.postgres.compiling import Statement
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database
from adapters.postgres.reply_log import PostgresReplyLog
from domain.errors import UnavailableError
from domain.identifiers import OwnerId
from tests.security.mutants import MUTANTS
from tests.security.mutants.mutant import Mutant
from tests.support.reply_logs import World

HERE = Path(__file__).parent
SYNC, ASYNC = ([one for one in MUTANTS if inspect.iscoroutinefunction(one.found_by) is is_] for is_ in (False, True))


_GUARDED_TWICE = (reply_writes.WRITE, reply_writes.ADVANCE)
"""What they write without its owner breaks a foreign key, so that nothing of it is left to be seen."""


def name_of(mutant: Mutant) -> str:
    return mutant.name


@contextmanager
def found(mutant: Mutant) -> Iterator[None]:
    """What is raised within is a test's failure, and for the right reason."""
    failures = (AssertionError, pytest.fail.Exception, UnavailableError, ForeignKeyViolationError, ExceptionGroup)
    with pytest.raises(failures) as failure:
        yield
    reasons = [f"{type(one).__name__}: {one}" for one in leaves(failure.value)]
    assert all(re.search(mutant.says, reason) for reason in reasons), reasons


def leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from leaves(one)
    else:
        yield error


@pytest.mark.parametrize("mutant", SYNC, ids=name_of)
def test_a_broken_promise_is_found(
    mutant: Mutant, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = inspect.signature(mutant.found_by).parameters
    fixtures = {name: request.getfixturevalue(name) for name in needed if name not in mutant.given}
    for replacement in mutant.replaces:
        monkeypatch.setattr(*replacement)

    with found(mutant):
        mutant.found_by(**fixtures, **mutant.given)


@pytest.mark.parametrize("mutant", ASYNC, ids=name_of)
async def test_a_broken_promise_behind_the_ports_is_found(
    mutant: Mutant, database: Database, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixtures: Mapping[str, Any] = {
        "database": database,
        "database_url": request.getfixturevalue("database_url"),
        "named_address": request.getfixturevalue("named_address"),
        "repository": PostgresConversationRepository(database),
        "world": World(
            PostgresReplyLog(database), PostgresConversationRepository(database), OwnerId(f"ann-{token_hex(6)}")
        ),
        **mutant.given,
    }
    for replacement in mutant.replaces:
        monkeypatch.setattr(*replacement)

    with found(mutant):
        await mutant.found_by(**{name: fixtures[name] for name in inspect.signature(mutant.found_by).parameters})


def test_a_mutant_that_is_not_found_fails_and_so_does_one_that_fails_for_another_reason() -> None:
    mutant = Mutant(name="harmless", replaces=(), found_by=print, says="the reason")

    with pytest.raises(pytest.fail.Exception), found(mutant):
        pass
    with pytest.raises(AssertionError), found(mutant):
        raise AssertionError("another one")
    with found(mutant):
        raise AssertionError("the reason")


def test_each_module_here_has_a_mutant() -> None:
    modules = {f"tests.security.{path.stem}" for path in HERE.glob("test_*.py") if path != Path(__file__)}

    assert modules <= {mutant.found_by.__module__ for mutant in MUTANTS}


def test_each_statement_that_names_the_owner_has_a_mutant() -> None:
    statements = [
        one
        for module in (kept_replies, message_windows, reads, removals, reply_reads, reply_writes, writes)
        for one in vars(module).values()
        if isinstance(one, Statement) and "owner_id = " in one.sql and one is not reply_reads.SILENT
    ]
    replaced = [target for mutant in MUTANTS for target, _, _ in mutant.replaces]

    assert len(statements) == 29
    assert [one.sql for one in statements if not any(one is target for target in [*replaced, *_GUARDED_TWICE])] == []
