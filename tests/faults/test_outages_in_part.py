"""While the database is there and does not do all, what it can't do is answered 503, in time, and the rest as ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Final

import pytest

from tests.faults.deployment import Scene
from tests.faults.operation_history import SECONDS_TO_RECOVER
from tests.faults.timed_client import CHANGES, READS, WRITES, Answer, Guest
from tests.support.postgres import execute, transaction
from tests.support.service import running_service, settings_for
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(60)]

_ROWS: Final = "SELECT FROM conversations FOR UPDATE"
_MESSAGES: Final = "LOCK TABLE messages"
_WAITING: Final = "FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@contextmanager
def asked(scene: Scene, kind: str, into: list[Answer], lock: str) -> Iterator[None]:
    """A request that waits for somebody else's lock; at the end the lock is free, and it is answered."""
    asking = Thread(target=lambda: into.extend(scene.guest.ask([kind], 1)))
    with transaction(scene.database.url, lock):
        asking.start()
        assert eventually(lambda: bool(execute(scene.database.url, f"SELECT 1 {_WAITING}")))
        yield
    asking.join()


def count(scene: Scene) -> int:
    """The messages there are."""
    return len(execute(scene.database.url, "SELECT FROM messages"))


def test_who_waits_for_a_row_that_somebody_holds_is_answered_in_3_seconds_by_default(scene: Scene) -> None:
    with running_service(settings_for(scene.database.url)) as address, Guest(address, scene.token) as guest:
        with transaction(scene.database.url, _ROWS):
            changes = guest.ask(CHANGES, 1)
            reads = guest.ask(READS)

        assert [answer for answer in changes if not answer.is_outage] == []
        assert max(answer.seconds for answer in changes) < 3
        assert [answer for answer in reads if not answer.response.is_success] == []
        assert guest.seconds_to_recover() < SECONDS_TO_RECOVER


def test_who_finds_no_free_connection_is_answered_in_time(scene: Scene) -> None:
    with transaction(scene.database.url, _MESSAGES), scene.proxy.slow(0.1):
        answers = scene.guest.ask(["history"], scene.settings.database_pool_size * 10)

    assert [answer for answer in answers if not answer.is_outage] == []
    assert max(answer.seconds for answer in answers) < scene.settings.request_timeout + 1
    assert scene.seconds_to_heal() < SECONDS_TO_RECOVER


def test_while_the_database_is_read_only_reads_are_answered(scene: Scene) -> None:
    execute(scene.database.url, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    assert eventually(
        lambda: all(answer.is_outage for answer in scene.guest.ask(["append"], scene.settings.database_pool_size))
    )

    answers = scene.guest.ask(WRITES)
    reads = scene.guest.ask([kind for kind in READS if kind != "ready"])
    (ready,) = scene.guest.ask(["ready"], 1)
    execute(scene.database.url, "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")

    assert [answer for answer in answers if not answer.is_outage] == []
    assert [answer for answer in reads if not answer.response.is_success] == []
    assert ready.is_outage
    assert scene.seconds_to_heal() < SECONDS_TO_RECOVER


@pytest.mark.parametrize("kind", ["history", "append", "append under a key"])
def test_a_statement_that_is_cancelled_is_an_outage(kind: str, scene: Scene) -> None:
    answers: list[Answer] = []
    with asked(scene, kind, answers, _MESSAGES):
        execute(scene.database.url, f"SELECT pg_cancel_backend(pid) {_WAITING}")

    assert [answer.is_outage for answer in answers] == [True]
    assert scene.seconds_to_heal() < SECONDS_TO_RECOVER


@pytest.mark.parametrize(("kind", "is_repeated"), [("history", True), ("append", False), ("append under a key", True)])
def test_what_loses_its_connection_is_repeated_if_that_is_safe(kind: str, scene: Scene, *, is_repeated: bool) -> None:
    before = count(scene)
    answers: list[Answer] = []

    with asked(scene, kind, answers, _MESSAGES):
        execute(scene.database.url, f"SELECT pg_terminate_backend(pid) {_WAITING}")

    assert [(answer.response.is_success, answer.is_outage) for answer in answers] == [(is_repeated, not is_repeated)]
    assert count(scene) == before + (kind == "append under a key")
    assert scene.seconds_to_heal() < SECONDS_TO_RECOVER
