"""While the database is away every answer is 503, in time; once it is back the service is whole again, by itself."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress

import asyncpg
import msgspec
import pytest

from adapters.postgres.address import DatabaseAddress
from tests.conftest import running_service
from tests.faults.conftest import Stage
from tests.faults.guest import ALL, Guest
from tests.faults.ledger import SECONDS_TO_RECOVER

pytestmark = [pytest.mark.faults, pytest.mark.timeout(60)]

_END_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ai-agent'"


@contextmanager
def no_connections_left(stage: Stage) -> Iterator[None]:
    """Other clients hold every connection that the database allows (53300)."""
    named = {"server_settings": {"application_name": "others"}}
    arguments = {**DatabaseAddress.parse(stage.database.url).arguments, **named}

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
def shutting_down(stage: Stage) -> Iterator[None]:
    """The database refuses new connections, as while it starts (57P03), and the old ones are gone."""
    with stage.database.shutting_down():
        stage.proxy.reset()
        yield


_AWAY: Mapping[str, Callable[[Stage], AbstractContextManager[None]]] = {
    "stopped": lambda stage: stage.database.stopped(),
    "starting or stopping": shutting_down,
    "unreachable": lambda stage: stage.proxy.refusing(),
    "silent": lambda stage: stage.proxy.silent(),
    "slow": lambda stage: stage.proxy.slow(1.5),
    "without connections": no_connections_left,
}


@pytest.mark.parametrize("how", _AWAY)
def test_every_answer_is_503_in_time_and_the_service_heals_by_itself(
    how: str, stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.guest.ask()  # connections are open

    with _AWAY[how](stage):
        answers = stage.guest.ask() + stage.guest.ask()
    healed = stage.seconds_to_heal()

    slowest = max(answer.seconds for answer in answers)
    with capsys.disabled():
        print(f"\n{how}: answered within {slowest:.2f} s, healed within {healed:.2f} s")  # noqa: T201 - the figures
    assert [answer for answer in answers if not answer.is_outage] == []
    assert slowest < stage.settings.request_timeout + 1
    assert healed < SECONDS_TO_RECOVER


def test_to_give_a_silent_connection_back_takes_no_longer_than_to_get_one(stage: Stage) -> None:
    patient = msgspec.structs.replace(stage.settings, database_command_timeout=2.5)
    with running_service(patient) as address, Guest(address, stage.token) as guest:
        guest.ask(["me"], 1)
        with stage.proxy.silent():
            (answer,) = guest.ask(["me"], 1)

    assert answer.response.json()["code"] == "unavailable"


def test_the_requests_own_deadline_ends_a_read_that_waits_for_a_silent_database(stage: Stage) -> None:
    hurried = msgspec.structs.replace(stage.settings, request_timeout=1.0, database_command_timeout=6.0)
    with running_service(hurried) as address, Guest(address, stage.token) as guest:
        guest.ask(["me"], 1)
        with stage.proxy.silent():
            (answer,) = guest.ask(["me"], 1)

        assert answer.is_outage
        assert answer.response.json()["code"] == "too_slow"
        assert guest.seconds_to_recover() < SECONDS_TO_RECOVER


def test_one_silent_connection_tells_of_the_others(stage: Stage) -> None:
    stage.guest.ask()

    with stage.proxy.silent(forgets=True):
        (answer,) = stage.guest.ask(["me"], 1)

    assert answer.is_outage
    assert stage.seconds_to_heal() < SECONDS_TO_RECOVER


def test_a_short_absence_is_not_noticed_by_who_asks_after_it(stage: Stage) -> None:
    stage.guest.ask()

    stage.database.crash()
    answers = stage.guest.ask(ALL, 3)

    assert [answer for answer in answers if not answer.response.is_success] == []
