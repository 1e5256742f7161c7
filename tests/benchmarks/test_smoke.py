"""What the benchmarks' harness can assert of the service anywhere: counts, which no clock can disturb."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from subprocess import CalledProcessError

import httpx
import msgspec
import pytest

from tests.benchmarks.apps import APPS, RunningApp, running
from tests.benchmarks.database import fill
from tests.benchmarks.dataset import SMALL
from tests.benchmarks.fairness import ALONE, FAIR_APPS, LIMITED, measure_fairness
from tests.benchmarks.job import Job, drive
from tests.benchmarks.measure import Counts, counts, resident_after, shape_of_answer
from tests.benchmarks.streams import STREAM_APPS
from tests.benchmarks.workloads import WORKLOADS, request
from tests.support.counting_proxy import counting_proxy
from tests.support.postgres import new_database

_MIB = 1024 * 1024

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def filled_url(server_url: str) -> Iterator[str]:
    """A database that holds the small dataset."""
    with new_database(server_url) as url:
        fill(url, SMALL)
        yield url


@pytest.fixture(scope="module")
def started(filled_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The service, as its command starts it."""
    with running(APPS["service"], filled_url, tmp_path_factory.mktemp("service") / "log") as app:
        yield app


def test_round_trips_are_few_and_statements_are_prepared_once(filled_url: str, tmp_path: Path) -> None:
    found = counts(APPS["service"], list(WORKLOADS), SMALL, filled_url, tmp_path)

    trips = {"append": 2, "batch": 2, "chat": 3, "newest": 2, "deep": 2, "list": 2, "live": 2, "hot": 2, "me": 1}
    assert found == {workload: Counts(round_trips=count, prepared=0) for workload, count in trips.items()}


def test_the_first_delta_of_a_reply_takes_no_more_round_trips_than_an_append_and_two(
    filled_url: str, tmp_path: Path
) -> None:
    token, _ = SMALL.conversations[0]
    body = {"message": "word " * 20, "stream": True}
    with (
        counting_proxy(filled_url, tmp_path) as (url, proxy),
        running(STREAM_APPS["service"], url, tmp_path / "log") as app,
        httpx.Client(base_url=f"http://127.0.0.1:{app.port}", headers={"Authorization": f"Bearer {token}"}) as client,
    ):
        client.post("/api/chat", json=body | {"message": "warm"}).raise_for_status()
        proxy.reset()
        with client.stream("POST", "/api/chat", json=body) as response:
            next(line for line in response.iter_lines() if '"text-delta"' in line)
            trips = proxy.round_trips

    assert 2 <= trips <= 4


def test_the_floor_does_the_same_work(started: RunningApp, filled_url: str, tmp_path: Path) -> None:
    with running(APPS["floor"], filled_url, tmp_path / "log") as floor:
        for workload in WORKLOADS:
            expected = shape_of_answer(started, workload, SMALL)

            assert shape_of_answer(floor, workload, SMALL) == expected

    found = counts(APPS["floor"], ["append", "newest"], SMALL, filled_url, tmp_path)
    assert {one.round_trips for one in found.values()} == {2}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_does_not_grow_over_20_000_requests(started: RunningApp) -> None:
    (_, before), (_, after) = resident_after(started, SMALL, (2_000, 22_000))

    assert after - before < 8 * _MIB
    assert after < 120 * _MIB


def test_answers_are_counted_and_a_refusal_is_no_answer(started: RunningApp) -> None:
    job = Job(port=started.port, requests=started.requests("me", SMALL), connections=4, count=99)
    stranger = msgspec.structs.replace(job, requests=[request("GET", "/api/me", "a-session-that-is-not-there")])
    paced = msgspec.structs.replace(job, rate=1_000)

    assert drive(job).count == drive(paced).count == 99
    with pytest.raises(CalledProcessError):
        drive(stranger)


def test_a_user_who_asks_too_much_is_refused_and_another_is_not(filled_url: str, tmp_path: Path) -> None:
    limited = replace(LIMITED, environment={**LIMITED.environment, "LIMIT_USER_REQUESTS": "100"})
    with running(limited, filled_url, tmp_path / "log") as started:
        one, other, *_ = started.requests("append", SMALL)
        rude = Job(port=started.port, requests=[other], connections=4, count=150, may_be_refused=True)
        drive(rude)

        assert drive(msgspec.structs.replace(rude, requests=[one], count=50, may_be_refused=False)).count == 50
        with pytest.raises(CalledProcessError):
            drive(msgspec.structs.replace(rude, may_be_refused=False))


def test_fairness_is_measured_in_each_way(filled_url: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        few = replace(LIMITED, environment={**LIMITED.environment, "LIMIT_USER_REQUESTS": "100"})
        apps = {
            name: stack.enter_context(running(few if app is LIMITED else app, filled_url, tmp_path / "log"))
            for name, app in FAIR_APPS.items()
        }
        found = measure_fairness(apps, rounds=1, seconds=0.1)

    assert list(found) == [ALONE, *FAIR_APPS]
    assert all(one.others_rate for what, one in found.items() if what != ALONE)
