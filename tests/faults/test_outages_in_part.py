"""While the database is there and does not do all, what it can't do is answered 503, in time, and the rest as ever."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import chain
from threading import Thread
from typing import Final

import pytest

from tests.faults.deployment import Deployment
from tests.faults.operation_history import SECONDS_TO_RECOVER
from tests.faults.timed_client import CHANGES, READS, WRITES, TimedAnswer, TimedClient
from tests.support.databases import sign_in
from tests.support.postgres import execute, transaction
from tests.support.service import running_service, settings_for
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(60)]

_ROWS: Final = "SELECT FROM conversations FOR UPDATE"
_MESSAGES: Final = "LOCK TABLE messages"
_WAITING: Final = "FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@contextmanager
def asked(deployment: Deployment, kind: str, into: list[TimedAnswer], lock: str) -> Iterator[None]:
    """A request that waits for somebody else's lock; at the end the lock is free, and it is answered."""
    asking = Thread(target=lambda: into.extend(deployment.client.ask([kind], 1)))
    with transaction(deployment.database.url, lock):
        asking.start()
        assert eventually(lambda: bool(execute(deployment.database.url, f"SELECT 1 {_WAITING}")))
        yield
    asking.join()


def count(deployment: Deployment) -> int:
    """The messages there are."""
    return len(execute(deployment.database.url, "SELECT FROM messages"))


def test_who_waits_for_a_row_that_somebody_holds_is_answered_in_4_seconds_by_default(deployment: Deployment) -> None:
    with (
        running_service(settings_for(deployment.database.url)) as address,
        TimedClient(address, deployment.token) as client,
    ):
        with transaction(deployment.database.url, _ROWS):
            changes = client.ask(CHANGES, 1)
            reads = client.ask(READS)

        assert [answer for answer in changes if not answer.is_outage] == []
        assert max(answer.seconds for answer in changes) < 4  # the third one waits for the two before it, too
        assert [answer for answer in reads if not answer.response.is_success] == []
        assert client.seconds_to_recover() < SECONDS_TO_RECOVER


def test_who_finds_no_free_connection_is_answered_in_time(deployment: Deployment) -> None:
    size = deployment.settings.database_pool_size
    with ExitStack() as stack:
        address = stack.enter_context(running_service(deployment.settings))
        tokens = [asyncio.run(sign_in(deployment.database.url)) for _ in range(size)]
        clients = [stack.enter_context(TimedClient(address, token)) for token in tokens]
        with (
            transaction(deployment.database.url, _MESSAGES),
            deployment.proxy.slow(0.1),
            ThreadPoolExecutor(size) as pool,
        ):
            answers = [*chain.from_iterable(pool.map(lambda client: client.ask(["history"], 10), clients))]

    assert {answer.response.json()["code"] for answer in answers} >= {"unavailable"}
    assert [answer for answer in answers if not answer.is_outage] == []
    assert max(answer.seconds for answer in answers) < deployment.settings.request_timeout + 1
    assert deployment.seconds_to_heal() < SECONDS_TO_RECOVER


def test_who_asks_for_too_much_at_once_is_answered_in_time(deployment: Deployment) -> None:
    with transaction(deployment.database.url, _MESSAGES), deployment.proxy.slow(0.1):
        answers = deployment.client.ask(["history"], deployment.settings.database_pool_size * 10)

    assert {answer.response.json()["code"] for answer in answers} >= {"overloaded"}
    assert [answer for answer in answers if not answer.is_outage] == []
    assert max(answer.seconds for answer in answers) < deployment.settings.request_timeout + 1
    assert deployment.seconds_to_heal() < SECONDS_TO_RECOVER


def test_while_the_database_is_read_only_reads_are_answered(deployment: Deployment) -> None:
    execute(deployment.database.url, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    assert eventually(
        lambda: all(
            answer.is_outage for answer in deployment.client.ask(["append"], deployment.settings.database_pool_size)
        )
    )

    answers = deployment.client.ask(WRITES)
    reads = deployment.client.ask([kind for kind in READS if kind != "ready"])
    (ready,) = deployment.client.ask(["ready"], 1)
    execute(deployment.database.url, "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")

    assert [answer for answer in answers if not answer.is_outage] == []
    assert [answer for answer in reads if not answer.response.is_success] == []
    assert ready.is_outage
    assert deployment.seconds_to_heal() < SECONDS_TO_RECOVER


@pytest.mark.parametrize("kind", ["history", "append", "append under a key"])
def test_a_statement_that_is_cancelled_is_an_outage(kind: str, deployment: Deployment) -> None:
    answers: list[TimedAnswer] = []
    with asked(deployment, kind, answers, _MESSAGES):
        execute(deployment.database.url, f"SELECT pg_cancel_backend(pid) {_WAITING}")

    assert [answer.is_outage for answer in answers] == [True]
    assert deployment.seconds_to_heal() < SECONDS_TO_RECOVER


@pytest.mark.parametrize(("kind", "is_repeated"), [("history", True), ("append", False), ("append under a key", True)])
def test_what_loses_its_connection_is_repeated_if_that_is_safe(
    kind: str, deployment: Deployment, *, is_repeated: bool
) -> None:
    before = count(deployment)
    answers: list[TimedAnswer] = []

    with asked(deployment, kind, answers, _MESSAGES):
        execute(deployment.database.url, f"SELECT pg_terminate_backend(pid) {_WAITING}")

    assert [(answer.response.is_success, answer.is_outage) for answer in answers] == [(is_repeated, not is_repeated)]
    assert count(deployment) == before + (kind == "append under a key")
    assert deployment.seconds_to_heal() < SECONDS_TO_RECOVER
