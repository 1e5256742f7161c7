"""While the database is away every answer is 503, in time; once it is back the service is whole again, by itself."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec
import pytest

from adapters.postgres.address import DatabaseAddress
from tests.faults.deployment import Deployment
from tests.faults.operation_history import SECONDS_TO_RECOVER
from tests.faults.timed_client import ALL, TimedClient
from tests.support.postgres import execute, transaction
from tests.support.service import running_service

pytestmark = [pytest.mark.faults, pytest.mark.timeout(60)]

_END_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ai-agent'"


@contextmanager
def no_connections_left(deployment: Deployment) -> Iterator[None]:
    """Other clients hold every connection that the database allows (53300)."""
    named = {"server_settings": {"application_name": "others"}}
    arguments = {**DatabaseAddress.parse(deployment.database.url).arguments, **named}

    async def take_all() -> list["asyncpg.Connection[asyncpg.Record]"]:
        held: list[asyncpg.Connection[asyncpg.Record]] = [await asyncpg.connect(**arguments)]
        while await held[0].fetch(_END_OTHERS) or len(held) < 20:
            with suppress(asyncpg.TooManyConnectionsError):
                held.append(await asyncpg.connect(**arguments))
        return held

    with asyncio.Runner() as runner:
        held = runner.run(take_all())
        yield
        for connection in held:
            runner.run(connection.close())


@contextmanager
def shutting_down(deployment: Deployment) -> Iterator[None]:
    """The database refuses new connections, as while it starts (57P03), and the old ones are gone."""
    with deployment.database.shutting_down():
        deployment.proxy.reset()
        yield


@contextmanager
def letting_nobody_in(deployment: Deployment) -> Iterator[None]:
    """The database refuses new connections for a reason of its own (55000), and the old ones are gone."""
    elsewhere = urlunsplit(urlsplit(deployment.database.url)._replace(path="/template1"))
    execute(elsewhere, "ALTER DATABASE postgres ALLOW_CONNECTIONS false")
    try:
        deployment.proxy.reset()
        yield
    finally:
        execute(elsewhere, "ALTER DATABASE postgres ALLOW_CONNECTIONS true")


_AWAY: Mapping[str, Callable[[Deployment], AbstractContextManager[None]]] = {
    "stopped": lambda deployment: deployment.database.stopped(),
    "starting or stopping": shutting_down,
    "unreachable": lambda deployment: deployment.proxy.refusing(),
    "silent": lambda deployment: deployment.proxy.silent(),
    "slow": lambda deployment: deployment.proxy.slow(1.5),
    "without connections": no_connections_left,
    "letting nobody in": letting_nobody_in,
}


@pytest.mark.parametrize("how", _AWAY)
def test_every_answer_is_503_in_time_and_the_service_heals_by_itself(
    how: str, deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.client.ask()  # connections are open

    with _AWAY[how](deployment):
        answers = deployment.client.ask() + deployment.client.ask()
    healed = deployment.seconds_to_heal()

    slowest = max(answer.seconds for answer in answers)
    with capsys.disabled():
        print(f"\n{how}: answered within {slowest:.2f} s, healed within {healed:.2f} s")  # noqa: T201 - the figures
    assert [answer for answer in answers if not answer.is_outage] == []
    assert slowest < deployment.settings.request_timeout + 1
    assert healed < SECONDS_TO_RECOVER


def test_to_give_a_silent_connection_back_takes_no_longer_than_to_get_one(deployment: Deployment) -> None:
    patient = msgspec.structs.replace(deployment.settings, database_command_timeout=2.5)
    with running_service(patient) as address, TimedClient(address, deployment.token) as client:
        client.ask(["me"], 1)
        with deployment.proxy.silent():
            (answer,) = client.ask(["me"], 1)

    assert answer.response.json()["code"] == "unavailable"


def test_the_requests_own_deadline_ends_a_read_that_waits_for_a_silent_database(deployment: Deployment) -> None:
    hurried = msgspec.structs.replace(deployment.settings, request_timeout=1.0, database_command_timeout=6.0)
    with running_service(hurried) as address, TimedClient(address, deployment.token) as client:
        client.ask(["me"], 1)
        with deployment.proxy.silent():
            (answer,) = client.ask(["me"], 1)

        assert answer.is_outage
        assert answer.response.json()["code"] == "too_slow"
        assert client.seconds_to_recover() < SECONDS_TO_RECOVER


def test_one_silent_connection_tells_of_the_others(deployment: Deployment) -> None:
    with transaction(deployment.database.url, 'LOCK TABLE "session"'):
        deployment.client.ask(["me"], deployment.settings.database_pool_size)  # all connections are open

    with deployment.proxy.silent(forgets=True):
        (answer,) = deployment.client.ask(["me"], 1)

    assert answer.is_outage
    assert deployment.seconds_to_heal() < deployment.settings.database_command_timeout  # nobody meets another one


def test_a_short_absence_is_not_noticed_by_who_asks_after_it(deployment: Deployment) -> None:
    deployment.client.ask()

    deployment.database.crash()
    answers = deployment.client.ask(ALL, 3)

    assert [answer for answer in answers if not answer.response.is_success] == []
