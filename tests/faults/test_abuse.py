"""Whoever abuses the service costs it little memory, keeps nobody waiting, and is cut off."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.faults.attacks import QUICK, SLOW, Attack, Target, endless_header
from tests.faults.resource_monitor import Measurements, monitored, open_files
from tests.faults.service import Service
from tests.support.commands import AI_AGENT
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

_POOL = 10
_MEGABYTES = 64.0
_SECONDS = 5.0
"""What a good request may take meanwhile."""


@contextmanager
def _victim(
    database_url: str, token: str, log: Path, command: Sequence[str] = (str(AI_AGENT),)
) -> Iterator[tuple[Service, Target]]:
    """One worker, which has been at work, and a conversation whose newest page has 400 KB."""
    environment = {
        "DATABASE_POOL_SIZE": str(_POOL),
        "DATABASE_ACQUIRE_TIMEOUT": "2",
        "DATABASE_CONNECT_TIMEOUT": "3",
        "DATABASE_COMMAND_TIMEOUT": "5",
    }
    with Service(database_url, log, command=command, environment=environment, workers=1) as service:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=service.address, headers=headers, timeout=30) as client:
            path = client.post("/api/conversations", json={}).headers["Location"]
            for _ in range(2):
                body = {"messages": [{"role": "user", "content": "x" * 1800}] * 100}
                client.post(f"{path}/messages", json=body).raise_for_status()
            for _ in range(20):
                client.get(f"{path}/messages?limit=200").raise_for_status()
        yield service, Target(service.address, token, path)


@pytest.fixture(scope="module")
def victim(
    database_url: str, new_token: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Target]]:
    """The service, and what to attack."""
    with _victim(database_url, new_token(), tmp_path_factory.mktemp("abuse") / "service.log") as victim:
        yield victim


def _suffer(service: Service, target: Target, attacks: Sequence[Attack]) -> tuple[Measurements, dict[Attack, float]]:
    """Make the attacks at once; how it went, and after how many seconds each was over."""

    def time_of(attack: Attack) -> float:
        begun = time.monotonic()
        attack(target)
        return time.monotonic() - begun

    (worker,) = service.workers()
    with monitored(worker, target.address, target.token) as measured, ThreadPoolExecutor(len(attacks)) as threads:
        seconds = dict(zip(attacks, threads.map(time_of, attacks), strict=True))
    return measured, seconds


def _assert_unharmed(service: Service, measured: Measurements) -> None:
    (worker,) = service.workers()
    assert measured.statuses == {200}
    assert measured.slowest < _SECONDS
    assert measured.grown < _MEGABYTES
    assert eventually(lambda: open_files(worker) <= measured.files + _POOL)


@pytest.mark.parametrize("attack", QUICK, ids=lambda attack: attack.__name__)
def test_what_is_too_much_is_refused_while_others_are_served(
    victim: tuple[Service, Target], attack: Attack, capsys: pytest.CaptureFixture[str]
) -> None:
    service, target = victim

    measured, seconds = _suffer(service, target, [attack])

    with capsys.disabled():
        print(f"\n{attack.__name__}: {seconds[attack]:.1f} s; {measured.report()}")  # noqa: T201 - the figures
    _assert_unharmed(service, measured)


@pytest.mark.parametrize("attacks", SLOW, ids=lambda attacks: "+".join(attack.__name__ for attack in attacks))
def test_who_is_too_slow_is_cut_off_while_others_are_served(
    victim: tuple[Service, Target], attacks: Mapping[Attack, float], capsys: pytest.CaptureFixture[str]
) -> None:
    service, target = victim

    measured, seconds = _suffer(service, target, [*attacks])

    with capsys.disabled():
        cut = ", ".join(f"{attack.__name__} {seconds[attack]:.1f} s" for attack in attacks)
        print(f"\n{cut}; {measured.report()}")  # noqa: T201 - the figures
    _assert_unharmed(service, measured)
    assert {attack.__name__ for attack in attacks if seconds[attack] > attacks[attack]} == set()


def test_without_our_limits_an_endless_header_harms_everybody(
    database_url: str, new_token: Callable[[], str], tmp_path: Path
) -> None:
    command = (sys.executable, "-m", "tests.faults.baseline_service")
    with _victim(database_url, new_token(), tmp_path / "service.log", command) as (service, target):
        measured, _ = _suffer(service, target, [partial(endless_header, most=80 * 10**6)])

    assert measured.grown > _MEGABYTES
